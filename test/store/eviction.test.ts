import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownerMark } from '../../src/files/owner.ts';
import { entryKey } from '../../src/store/index.ts';
import { rejection } from '../model/hub-setup.ts';
import { KEY, list, useStore } from './setup.ts';

const keys = [1, 2, 3, 4].map((number) => entryKey({ number }));
const [A = '', B = '', C = '', D = ''] = keys;

describe('the size limit', () => {
  /** Three entries of some 12 KB, of which B was used longest ago, then A, then C. */
  async function three(maxBytes: number) {
    const test = await useStore({ maxBytes });
    const opened = [await test.obtain(A), await test.obtain(B), await test.obtain(C)];
    for (const [key, used] of [
      [B, 1000],
      [A, 2000],
      [C, 3000],
    ] as const) {
      await utimes(join(test.entry(key), 'manifest.json'), used, used);
    }
    return { ...test, opened, releaseAll: () => Promise.all(opened.map(({ release }) => release())) };
  }

  it('removes what was used longest ago, and as little as it can', async () => {
    const { obtain, store, releaseAll } = await three(40_000);
    await releaseAll();
    expect((await store.list()).map(({ key }) => key)).toEqual([B, A, C]);
    await obtain(D);
    expect((await store.list()).map(({ key }) => key)).toEqual([A, C, D]);
    expect(await store.size()).toBeLessThanOrEqual(40_000);
  });

  it('spares what is in use, and removes it later', async () => {
    const { obtain, store, opened, releaseAll } = await three(40_000);
    await opened[0]?.release();
    await obtain(D);
    expect((await store.list()).map(({ key }) => key)).toEqual([B, C, D]);
    await releaseAll();
    await obtain(A);
    expect((await store.list()).map(({ key }) => key)).toEqual([C, D, A]);
  });

  it('does not count the uses of processes that are gone', async () => {
    const { obtain, store, releaseAll, folder } = await three(40_000);
    await releaseAll();
    const gone = ownerMark(process.pid).replace(/^\d+/, '999999999');
    await writeFile(join(folder, 'compiled', 'uses', `${B}.${gone}.01234567`), '');
    await obtain(D);
    expect((await store.list()).map(({ key }) => key)).not.toContain(B);
  });

  it('counts those of other machines for a day', async () => {
    const { obtain, store, releaseAll, folder } = await three(40_000);
    await releaseAll();
    const note = (key: string) => join(folder, 'compiled', 'uses', `${key}.1-1-${'0'.repeat(16)}.01234567`);
    for (const key of [A, B]) await writeFile(note(key), '');
    await utimes(note(A), 1, 1);
    await obtain(D);
    expect((await store.list()).map(({ key }) => key)).toEqual([B, C, D]);
  });

  it('keeps the newest entry even if it is too large by itself, and says so', async () => {
    const { obtain, store } = await useStore({ maxBytes: 5_000 });
    const first = await obtain(A);
    expect(first).toMatchObject({ built: true, oversize: true });
    await first.release();
    expect(await obtain(A)).toMatchObject({ built: false, oversize: true });
    await first.release();
    expect((await store.list()).map(({ key }) => key)).toEqual([A]);
  });

  it('makes room before building where the size is known', async () => {
    const { store, releaseAll } = await three(40_000);
    await releaseAll();
    let during: string[] = [];
    await store.obtain(
      D,
      async () => {
        during = (await store.list()).map(({ key }) => key);
        return undefined;
      },
      { expectedBytes: 25_000 },
    );
    expect(during).toEqual([C]);
  });

  it('refuses before the work what the disk has no room for', async () => {
    const { obtain, builds } = await useStore();
    const error = await rejection(obtain(KEY, { expectedBytes: Number.MAX_SAFE_INTEGER }));
    expect(error).toMatchObject({ code: 'CACHE_FAILED', message: expect.stringMatching(/no room .*bytes are needed/) });
    expect(builds()).toBe(0);
  });
});

describe('clear', () => {
  it('removes entries and debris, but nothing that is in use or not ours', async () => {
    const { store, obtain, folder, leftovers } = await useStore();
    await (await obtain(A)).release();
    const used = await obtain(B);
    await writeFile(join(folder, 'photo.jpg'), 'mine');
    await mkdir(join(folder, 'compiled', 'entries', 'my-folder'));
    const gone = ownerMark().replace(/^\d+/, '999999999');
    await mkdir(join(folder, 'compiled', 'building', `${C}.${gone}.01234567`));
    const size = await store.size();
    expect(await store.clear()).toEqual({ removedBytes: size / 2, keptBytes: size / 2 });
    expect(await list(join(folder, 'compiled', 'entries'))).toEqual([B, 'my-folder'].sort());
    expect(await leftovers()).toHaveLength(1);
    expect(await stat(join(folder, 'photo.jpg'))).toBeTruthy();
    await used.release();
    expect(await store.clear()).toEqual({ removedBytes: size / 2, keptBytes: 0 });
    expect(await store.size()).toBe(0);
  });

  it('does nothing, and makes nothing, where nothing is', async () => {
    const { store, folder } = await useStore();
    expect(await store.clear()).toEqual({ removedBytes: 0, keptBytes: 0 });
    expect(await store.list()).toEqual([]);
    expect(await list(folder)).toEqual([]);
  });
});
