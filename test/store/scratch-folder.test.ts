import { existsSync, type StatsFs } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EntryWriter } from '../../src/store/index.ts';
import { scratch } from '../model/scratch.ts';

/** The disk is full as long as this file exists. */
let filling = '';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const statfs = async (path: string): Promise<StatsFs> => {
    const stats = await real.statfs(path);
    return Object.assign(stats, { bavail: existsSync(filling) ? 0 : 1e9, bsize: 1 });
  };
  return { ...real, statfs };
});

afterEach(() => {
  filling = '';
});

async function writer() {
  const folder = await scratch();
  return { folder, entry: new EntryWriter(folder, '/srv/cache', undefined) };
}

describe('a scratch folder', () => {
  it('is empty, inside the entry, and gone afterwards', async () => {
    const { folder, entry } = await writer();
    const result = await entry.scratch(async (inside) => {
      expect(inside.startsWith(join(folder, 'scratch-'))).toBe(true);
      expect(await readdir(inside)).toEqual([]);
      await writeFile(join(inside, 'file'), 'x');
      return 5;
    });
    expect(result).toBe(5);
    expect(await readdir(folder)).toEqual([]);
  });

  it('lets errors of the work through, and is gone then, too', async () => {
    const { folder, entry } = await writer();
    const wrong = new Error('of the work');
    await expect(entry.scratch(() => Promise.reject(wrong))).rejects.toBe(wrong);
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells a full disk from other failures, though its own files are what fills it', async () => {
    const { folder, entry } = await writer();
    const failure = entry.scratch(async (inside) => {
      filling = join(inside, 'model.bin');
      await writeFile(filling, 'x');
      throw new Error('ToGraphProtoWithExternalInitializers was false');
    });
    await expect(failure).rejects.toMatchObject({
      code: 'CACHE_FAILED',
      message: expect.stringMatching(/\/srv\/cache has no room .*Free some space/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('cannot be had where the entry’s folder is gone', async () => {
    const entry = new EntryWriter(join(await scratch(), 'gone'), '/srv/cache', undefined);
    await expect(entry.scratch(async () => 1)).rejects.toMatchObject({ code: 'CACHE_FAILED' });
  });
});
