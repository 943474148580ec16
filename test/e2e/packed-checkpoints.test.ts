import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dtype, Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeQuantizedTwins } from '../support/quantized-twin.ts';
import { type SeededCheckpointSpec, writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { goldenRankings } from './golden-files.ts';

const BASE: SeededCheckpointSpec = {
  seed: 21,
  dtype: 'F32',
  hidden: 96,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  intermediate: 160,
  vocabSize: 32_000,
  tied: true,
  shards: 1,
  head: 'causal-lm',
  configStyle: 'new',
  ropeTheta: 1e6,
  rmsNormEps: 1e-6,
  maxPositions: 2048,
};
const PAIRS = ['scripts', 'documents-33']
  .flatMap((group) => goldenRankings(group))
  .flatMap(({ query, documents }) => documents.map((document) => ({ query, document })));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerankit-packed-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function logits(model: string, dtype: Dtype): Promise<number[]> {
  await using reranker = await Reranker.load(model, { device: 'cpu', dtype, compiledDir: join(folder, 'compiled') });
  expect(reranker.info).toMatchObject({ dtype, dtypeReason: 'asked for' });
  return (await reranker.score(PAIRS)).scores.map(({ logit }) => logit);
}

/** Root mean square of the differences, in parts of the reference's own spread. */
function distance(values: readonly number[], reference: readonly number[]): number {
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  const squares = (of: (index: number) => number) => reference.reduce((sum, _, index) => sum + of(index) ** 2, 0);
  const differences = squares((index) => (values[index] ?? Number.NaN) - (reference[index] ?? 0));
  return Math.sqrt(differences / squares((index) => (reference[index] ?? 0) - mean));
}

/**
 * Weights that are drawn at random hide nothing: each rounding error reaches the score in full. Measured: 0.05 to
 * 0.13 in int8, 0.24 to 0.6 in int4. A layer that is wired wrongly gives another score altogether, a distance of about
 * 1.4. That each layer does what is meant is told by test/graph/linear.test.ts.
 */
const MOST = { int8: 0.2, int4: 0.8 } as const;

describe.each<[string, Partial<SeededCheckpointSpec>]>([
  ['two layers', {}],
  ['one layer, a head of its own', { layers: 1, tied: false, dtype: 'BF16' }],
  [
    'a score head, sizes that are no multiples of 32',
    { hidden: 80, intermediate: 90, head: 'sequence-classification' },
  ],
  ['F16 in three shards, one key head, wide heads', { dtype: 'F16', shards: 3, heads: 3, kvHeads: 1, headDim: 64 }],
  ['four layers, a prime number of intermediates', { layers: 4, hidden: 64, intermediate: 131, heads: 2 }],
])('random weights, %s', (name, spec) => {
  test('score in int8 and int4 nearly as in fp32', async () => {
    const model = join(folder, name.replace(/\W/g, '-'));
    await writeSeededCheckpoint(model, { ...BASE, ...spec });
    const reference = await logits(model, 'fp32');
    for (const dtype of ['int8', 'int4'] as const) {
      const found = distance(await logits(model, dtype), reference);
      expect(found).toBeLessThan(MOST[dtype]);
      expect(found).toBeGreaterThan(1e-4);
    }
  });
});

test('weights stored in 8 bits score in int8 and int4 as the float32 weights that they stand for', async () => {
  const [source, quantized, plain] = ['source', 'stored-int8', 'plain'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeSeededCheckpoint(source, BASE);
  await writeQuantizedTwins(source, quantized, plain);
  for (const dtype of ['int8', 'int4'] as const) {
    const [ofStored, ofPlain] = [await logits(quantized, dtype), await logits(plain, dtype)];
    expect(distance(ofStored, ofPlain)).toBeLessThan(0.01);
    if (dtype === 'int8') expect(distance(ofStored, await logits(plain, 'fp32'))).toBeLessThan(MOST.int8);
  }
});
