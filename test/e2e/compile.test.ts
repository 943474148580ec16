import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, type Dtype, Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TRAINED_MODEL } from './golden-files.ts';

const QUERY = 'how to undo the last git commit';
const DOCUMENTS = [
  'To bake bread, preheat the oven.',
  'git reset --soft HEAD~1 moves the branch back one commit and keeps your changes staged.',
  '使用 csv 模块逐行读取，节省内存。',
];

async function logits(model: string, dtype: Dtype): Promise<number[]> {
  await using reranker = await Reranker.load(model, { device: 'cpu', dtype });
  const { scores } = await reranker.score(DOCUMENTS.map((document) => ({ query: QUERY, document })));
  return scores.map(({ logit }) => logit);
}

describe('compile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-compile-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['int8', 0.1],
    ['int4', 0.6],
  ] as const)('writes a checkpoint in %s that loads as one, near the original in float32', async (dtype, distance) => {
    const target = join(folder, dtype);
    const done: number[] = [];
    const result = await compile(TRAINED_MODEL, target, {
      dtype,
      onProgress: (progress) => {
        if (progress.phase === 'compile') done.push(progress.loadedBytes / progress.totalBytes);
      },
    });
    expect(result).toMatchObject({ folder: target, dtype });
    expect(done.at(-1)).toBe(1);
    expect((await readdir(target)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const original = await logits(TRAINED_MODEL, 'fp32');
    const own = await logits(target, 'fp32');
    for (const [at, logit] of own.entries()) expect(Math.abs(logit - (original[at] ?? 0))).toBeLessThan(distance);
    // The weights are what was rounded: in fp32 they differ from the original, and from the packed form only by
    // the rounding of activations.
    expect(own).not.toEqual(original);
    const packed = await logits(target, dtype);
    for (const [at, logit] of packed.entries()) expect(Math.abs(logit - (own[at] ?? 0))).toBeLessThan(0.5);
  });

  it('writes only into a folder that is absent or empty, and nowhere in part', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(compile(undefined, join(folder, 'file'))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(compile(undefined, folder)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('not empty'),
    });
    const target = join(folder, 'given-up');
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    await expect(compile(undefined, target, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect((await readdir(folder)).filter((name) => name.startsWith('given-up'))).toEqual([]);
  });

  it('refuses other types, and says what throws in onProgress', async () => {
    const target = join(folder, 'refused');
    const options = { dtype: 'fp32' } as unknown as { dtype: 'int8' };
    await expect(compile(undefined, target, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const broken = new Error('broken');
    const onProgress = () => {
      throw broken;
    };
    await expect(compile(undefined, target, { onProgress })).rejects.toBe(broken);
    expect((await readdir(folder)).filter((name) => name.startsWith('refused'))).toEqual([]);
  });
});
