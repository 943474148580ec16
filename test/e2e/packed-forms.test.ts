import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SeededCheckpointSpec, writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { goldenRankings } from './golden-files.ts';

/** How far a logit may move with its company, its place in the input and the way work is cut up. */
const TOLERANCE = 1e-4;
/**
 * In int4 the kernel adds in another order for a few rows than for many, and a sum that differs in its last bit may be
 * rounded to the next step of 8 bits by the next layer: that moves a logit by some 1e-4, which one in a hundred may.
 */
const MOST = { int8: TOLERANCE, int4: 3e-3 } as const;
const SHARE = { int8: 0, int4: 0.05 } as const;

const SPEC: SeededCheckpointSpec = {
  seed: 77,
  dtype: 'BF16',
  hidden: 96,
  layers: 3,
  heads: 6,
  kvHeads: 2,
  headDim: 32,
  intermediate: 160,
  vocabSize: 32_000,
  tied: false,
  shards: 2,
  head: 'causal-lm',
  configStyle: 'new',
  ropeTheta: 1e6,
  rmsNormEps: 1e-6,
  maxPositions: 4096,
};
const MIB = 2 ** 20;
/** Ways of cutting work up: as it comes, almost a row at a time with little attention memory, everything at once. */
const BUDGETS = [
  {},
  { tokenBudget: 256, attentionBudgetBytes: MIB },
  { tokenBudget: 32_768, attentionBudgetBytes: 512 * MIB },
] as const;

interface Pair {
  readonly query: string;
  readonly document: string;
  readonly instruction?: string;
}
const PAIRS: readonly Pair[] = ['scripts', 'instructions', 'documents-7', 'long-1k']
  .flatMap((group) => goldenRankings(group))
  .flatMap(({ documents, ...call }) => documents.slice(0, 4).map((document) => ({ ...call, document })));

const CASES = (['int8', 'int4'] as const).flatMap((dtype) =>
  (['the embedded model', 'a seeded checkpoint'] as const).map((which) => [which, dtype] as const),
);

describe.each(CASES)('%s in %s', (which, dtype) => {
  let folder: string;
  const rerankers: Reranker[] = [];
  /** The logit of each pair, scored in a call of its own while nothing else runs. */
  const alone: number[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-forms-'));
    const seeded = which === 'a seeded checkpoint' ? join(folder, 'model') : undefined;
    if (seeded) await writeSeededCheckpoint(seeded, SPEC);
    for (const budget of BUDGETS) {
      rerankers.push(await Reranker.load(seeded, { device: 'cpu', dtype, compiledDir: folder, ...budget }));
    }
    for (const pair of PAIRS) {
      const { scores } = (await rerankers[0]?.score([pair])) ?? { scores: [] };
      alone.push(scores[0]?.logit ?? Number.NaN);
    }
  }, 180_000);
  afterAll(async () => {
    for (const reranker of rerankers) await reranker.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function expectAsAlone(reranker: Reranker, picks: readonly number[]): Promise<void> {
    const { scores } = await reranker.score(picks.map((pick) => get(PAIRS, pick)));
    const wrong = picks.flatMap((pick, index) => {
      const by = Math.abs(get(scores, index).logit - get(alone, pick));
      return by <= TOLERANCE ? [] : [{ pick, by }];
    });
    expect(wrong.filter(({ by }) => !(by <= MOST[dtype]))).toEqual([]);
    expect(wrong.length).toBeLessThanOrEqual(Math.ceil(SHARE[dtype] * picks.length));
  }
  const all = PAIRS.map((_, index) => index);

  it('has logits that differ from pair to pair', () => {
    expect(alone).toHaveLength(PAIRS.length);
    expect(alone.every(Number.isFinite)).toBe(true);
    expect(Math.max(...alone) - Math.min(...alone)).toBeGreaterThan(3);
  });

  it.each(BUDGETS.map((budget, index) => [JSON.stringify(budget), index] as const))(
    'all pairs in one call score as alone, in either order, with %s',
    async (_, index) => {
      await expectAsAlone(get(rerankers, index), all);
      await expectAsAlone(get(rerankers, index), all.toReversed());
    },
    120_000,
  );

  it('calls at the same time never change a logit', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, call) =>
        expectAsAlone(
          get(rerankers, call % rerankers.length),
          all.filter((pick) => pick % 8 === call || pick % 5 === 0),
        ),
      ),
    );
  }, 120_000);
});

function get<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`nothing at ${index} of ${list.length}`);
  return value;
}
