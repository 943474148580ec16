import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Embedder } from 'rerankit/embedding';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { writeEmbedder, writeTemplate } from './checkpoint.ts';
import { cosine, golden, rowsOf } from './golden.ts';

const texts = golden.documents.map(({ text }) => text);

describe.each(golden.checkpoints)('$name: vectors of transformers', ({ spec, ...expected }) => {
  let folder: string;
  let embedder: Embedder;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-embed-'));
    await writeEmbedder(folder, spec);
    embedder = await Embedder.load(folder, { device: 'cpu', dtype: 'fp32' });
  });
  afterAll(async () => {
    await embedder.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  test('of documents', async () => {
    const { embeddings, truncated, usage } = await embedder.embedDocuments(texts);
    expectVectors(embeddings, rowsOf(expected.documents, spec.hidden));
    expect(truncated).toEqual(texts.map(() => false));
    const tokens = golden.documents.reduce((sum, { ids }) => sum + ids.length, 0);
    expect(usage).toEqual({ promptTokens: tokens, computedTokens: tokens, savedTokens: 0 });
  });

  test('of queries, which share the instruction where it is the same', async () => {
    const results = await Promise.all(
      golden.queries.map(({ query, instruction }) => embedder.embedQuery(query, { instruction })),
    );
    expectVectors(
      results.map(({ embedding }) => embedding),
      rowsOf(expected.queries, spec.hidden),
    );
    expect(results.map(({ usage }) => usage.promptTokens)).toEqual(golden.queries.map(({ ids }) => ids.length));
    const saved = results.reduce((sum, { usage }) => sum + usage.savedTokens, 0);
    expect(saved).toBeGreaterThan(100);
  });

  test('of texts that are cut, saved with a head and with the names of a language model', async () => {
    const model = join(folder, 'language-model');
    await writeSeededCheckpoint(model, spec);
    await writeTemplate(model);
    await using short = await Embedder.load(model, {
      device: 'cpu',
      dtype: 'fp32',
      pooling: 'last-token',
      maxLength: golden.maxLength,
    });
    const { embeddings, truncated } = await short.embedDocuments(golden.truncated.map(({ text }) => text));
    expectVectors(embeddings, rowsOf(expected.truncated, spec.hidden));
    expect(truncated).toEqual([true, true, false]);
  });
});

function expectVectors(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [at, vector] of actual.entries()) {
    const reference = expected[at] ?? new Float32Array();
    expect(vector).toHaveLength(reference.length);
    expect(cosine(vector, reference)).toBeGreaterThan(0.999999);
    for (const [place, value] of vector.entries()) expect(value).toBeCloseTo(reference[place] ?? Number.NaN, 4);
  }
}
