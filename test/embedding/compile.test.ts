import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reranker } from 'rerankit';
import { compile, Embedder } from 'rerankit/embedding';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { writeEmbedder } from './checkpoint.ts';
import { cosine, golden } from './golden.ts';

const spec = golden.checkpoints[1]?.spec;
if (spec === undefined) throw new Error('vectors.json has no second checkpoint');
const texts = golden.documents.map(({ text }) => text);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerankit-embed-'));
  await writeEmbedder(join(folder, 'embedder'), spec);
  await writeSeededCheckpoint(join(folder, 'language-model'), spec);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function vectors(model: string, options: Parameters<typeof Embedder.load>[1]): Promise<Float32Array[]> {
  await using embedder = await Embedder.load(join(folder, model), { device: 'cpu', ...options });
  return (await embedder.embedDocuments(texts)).embeddings;
}

test.each([
  ['int8', 0.995],
  ['int4', 0.9],
] as const)('a copy in %s is an embedding model, near the original', async (dtype, least) => {
  await compile(join(folder, 'embedder'), join(folder, dtype), { dtype });
  expect(await readdir(join(folder, dtype))).toEqual(
    expect.arrayContaining(['1_Pooling', 'modules.json', 'config_sentence_transformers.json', 'model.safetensors']),
  );
  const [original, own] = [await vectors('embedder', { dtype: 'fp32' }), await vectors(dtype, { dtype: 'fp32' })];
  const cosines = own.map((vector, at) => cosine(vector, original[at] ?? new Float32Array()));
  expect(Math.min(...cosines)).toBeGreaterThan(least);
  expect(Math.max(...cosines)).toBeLessThan(0.9999999);
  await expect(Reranker.load(join(folder, dtype))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
});

test('a model that has to be told how it pools says so in its copy', async () => {
  const source = join(folder, 'language-model');
  await expect(compile(source, join(folder, 'copy'))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  await compile(source, join(folder, 'copy'), { pooling: 'last-token' });
  expect(await vectors('copy', { dtype: 'int8' })).toHaveLength(texts.length);
  await expect(compile(undefined as unknown as string, join(folder, 'none'))).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
});
