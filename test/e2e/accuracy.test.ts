import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dtype, Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreement } from '../support/ranking-agreement.ts';
import { accuracyLists } from './accuracy-lists.ts';
import { TRAINED_MODEL } from './golden-files.ts';

/** How near to the ranking in float32 the other types have to be. */
const INT8 = { dtype: 'int8', tau: 0.98, sameFirst: 0.98 } as const;
const INT4 = { dtype: 'int4', tau: 0.95, sameFirst: 0.95 } as const;

/** Trained weights: some that are stored in 16 bits, and those of the package, which are in 8. */
const MODELS = [
  { name: 'a model stored in 16 bits', model: TRAINED_MODEL, gates: [INT8, INT4] },
  { name: 'the embedded model', model: undefined, gates: [INT8] },
];

const lists = await accuracyLists();

describe.each(MODELS)('rankings of $name', ({ model, gates }) => {
  let folder: string;
  const logits = new Map<Dtype, number[][]>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-accuracy-'));
    for (const dtype of ['fp32', ...gates.map((gate) => gate.dtype)] as const) {
      await using reranker = await Reranker.load(model, { device: 'cpu', dtype, compiledDir: folder });
      expect(reranker.info.dtype).toBe(dtype);
      const all: number[][] = [];
      // One after the other: each query's prefix is computed once.
      for (const { query, documents } of lists) {
        const { results } = await reranker.rerank(query, documents);
        all.push(results.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit));
      }
      logits.set(dtype, all);
    }
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are compared on 2,000 pairs and 100 queries of ten kinds at least', () => {
    expect(lists.length).toBeGreaterThanOrEqual(100);
    expect(lists.reduce((sum, { documents }) => sum + documents.length, 0)).toBeGreaterThanOrEqual(2000);
    expect(new Set(lists.map(({ language }) => language)).size).toBeGreaterThanOrEqual(10);
    for (const { documents } of lists) expect(new Set(documents).size).toBe(documents.length);
  });

  it.each(gates)('in $dtype agree with fp32: tau $tau, first document $sameFirst', ({ dtype, tau, sameFirst }) => {
    const outcomes = lists.map(({ language, query }, list) => ({
      language,
      query,
      ...agreement(logits.get('fp32')?.[list] ?? [], logits.get(dtype)?.[list] ?? []),
    }));
    const summary = (some: typeof outcomes) => ({
      tau: some.reduce((sum, outcome) => sum + outcome.tau, 0) / some.length,
      sameFirst: some.filter((outcome) => outcome.sameFirst).length / some.length,
    });
    const all = summary(outcomes);
    const figures = ({ tau, sameFirst }: typeof all) =>
      `tau ${tau.toFixed(4)}, same first ${(100 * sameFirst).toFixed(1)}%`;
    const languages = [...new Set(lists.map(({ language }) => language))].map(
      (language) => `${language}: ${figures(summary(outcomes.filter((outcome) => outcome.language === language)))}`,
    );
    const others = outcomes
      .filter((outcome) => !outcome.sameFirst)
      .map(({ query, margin }) => `another first, ${margin.toFixed(3)} behind in fp32: ${query}`);
    console.info([`${dtype}, ${lists.length} queries: ${figures(all)}`, ...languages, ...others].join('\n  '));
    expect(all.tau).toBeGreaterThanOrEqual(tau);
    expect(all.sameFirst).toBeGreaterThanOrEqual(sameFirst);
    // And the other type is one: fp32 would agree with itself entirely.
    expect(all.tau).toBeLessThan(1);
  });
});
