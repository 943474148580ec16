import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dtype } from 'rerankit';
import { Embedder } from 'rerankit/embedding';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accuracyLists } from '../e2e/accuracy-lists.ts';
import { agreement } from '../support/ranking-agreement.ts';
import { cosine } from './golden.ts';

/** How near to the vectors in float32 the other types have to be, and how alike they rank. */
const GATES = [
  { dtype: 'int8', least: 0.998, mean: 0.9998, tau: 0.97 },
  { dtype: 'int4', least: 0.97, mean: 0.998, tau: 0.92 },
] as const;

/** Trained weights, though not for this. */
const MODEL = fileURLToPath(new URL('../golden/tiny-v0', import.meta.url));
const lists = (await accuracyLists()).filter((_, index) => index % 4 === 0);
const texts = [...new Set(lists.flatMap(({ documents }) => documents))];

interface Vectors {
  readonly documents: ReadonlyMap<string, Float32Array>;
  readonly queries: readonly Float32Array[];
}

const vectors = new Map<Dtype, Vectors>();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerankit-accuracy-'));
  for (const dtype of ['fp32', 'int8', 'int4'] as const) {
    const options = { device: 'cpu', dtype, compiledDir: folder, pooling: 'last-token' } as const;
    await using embedder = await Embedder.load(MODEL, options);
    const { embeddings } = await embedder.embedDocuments(texts);
    const queries = await Promise.all(lists.map(({ query }) => embedder.embedQuery(query)));
    vectors.set(dtype, {
      documents: new Map(texts.map((text, at) => [text, embeddings[at] ?? new Float32Array()])),
      queries: queries.map(({ embedding }) => embedding),
    });
  }
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(GATES)('vectors in $dtype are near those in fp32', ({ dtype, least, mean, tau }) => {
  const [exact, rounded] = [get('fp32'), get(dtype)];
  const cosines = texts.map((text) => cosine(of(exact, text), of(rounded, text)));
  const agreements = lists.map(({ documents }, list) => {
    const scores = ({ documents: all, queries }: Vectors) =>
      documents.map((text) => cosine(queries[list] ?? new Float32Array(), all.get(text) ?? new Float32Array()));
    return agreement(scores(exact), scores(rounded)).tau;
  });
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const figures = {
    texts: texts.length,
    least: Math.min(...cosines),
    mean: average(cosines),
    tau: average(agreements),
  };
  console.info(dtype, figures);
  expect(figures.least).toBeGreaterThan(least);
  expect(figures.mean).toBeGreaterThan(mean);
  expect(figures.tau).toBeGreaterThan(tau);
  // And the other type is one.
  expect(figures.mean).toBeLessThan(0.999999);
});

function get(dtype: Dtype): Vectors {
  const found = vectors.get(dtype);
  if (found === undefined) throw new Error(`no vectors in ${dtype}`);
  return found;
}

function of({ documents }: Vectors, text: string): Float32Array {
  return documents.get(text) ?? new Float32Array();
}
