import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeQuantizedTwins } from '../support/quantized-twin.ts';
import { type SeededCheckpointSpec, writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';

const SPEC: SeededCheckpointSpec = {
  seed: 77,
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
  maxPositions: 4096,
};
const DOCUMENTS = [
  'one',
  'Peking ist die Hauptstadt Chinas.',
  '使用 csv 模块逐行读取，节省内存。',
  '',
  'fish '.repeat(300),
];

describe.each([
  ['a tied head', SPEC],
  ['a head of its own', { ...SPEC, tied: false }],
  ['a score head', { ...SPEC, head: 'sequence-classification' as const }],
])('8-bit weights, %s', (_, spec) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-int8-'));
    await writeSeededCheckpoint(join(folder, 'source'), spec);
    await writeQuantizedTwins(join(folder, 'source'), join(folder, 'int8'), join(folder, 'plain'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('score as the float32 weights that they stand for', async () => {
    const logits = async (directory: string) => {
      await using reranker = await Reranker.load(join(folder, directory), { device: 'cpu' });
      const { scores } = await reranker.score(DOCUMENTS.map((document) => ({ query: 'capital of China', document })));
      return scores.map(({ logit }) => logit);
    };
    const [source, plain, quantized] = [await logits('source'), await logits('plain'), await logits('int8')];
    for (const [index, logit] of quantized.entries()) expect(logit).toBeCloseTo(plain[index] ?? Number.NaN, 4);
    // And quantizing did change something, so that the comparison above means something.
    expect(quantized).not.toEqual(source);
  });

  test('a config that says nothing of it is refused by the tensor', async () => {
    const path = join(folder, 'int8', 'config.json');
    const { quantization_config, ...config } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify(config));
    await expect(Reranker.load(join(folder, 'int8'))).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringMatching(/tensor "model\.embed_tokens\.weight" has type I8; expected BF16, F16, F32/),
    });
    await writeFile(path, JSON.stringify({ ...config, quantization_config }));
  });
});
