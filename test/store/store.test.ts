import { chmod, lstat, mkdir, readdir, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Deferred } from '../../src/batching/deferred.ts';
import { CompiledStore } from '../../src/store/index.ts';
import { rejection } from '../model/hub-setup.ts';
import { KEY, OTHER, useStore } from './setup.ts';

describe('the store of compiled models', () => {
  it('builds once, then opens', async () => {
    const { obtain, builds, entry, intact } = await useStore();
    const first = await obtain();
    expect(first).toMatchObject({ built: true, folder: entry(), oversize: false, replaced: undefined });
    expect(first.manifest).toMatchObject({ key: KEY, details: { inputs: ['ids'] } });
    expect(first.manifest.files.map(({ name }) => name).sort()).toEqual(['model.onnx', 'weights.bin']);
    const second = await obtain();
    expect(second).toMatchObject({ built: false, manifest: first.manifest });
    expect(await intact()).toBe(true);
    await obtain(OTHER);
    expect(builds()).toBe(2);
  });

  it('leaves nothing beside the entries', async () => {
    const { obtain, leftovers } = await useStore();
    const entries = [await obtain(), await obtain(), await obtain(OTHER)];
    expect(await leftovers()).toHaveLength(3);
    for (const { release } of entries) await release().then(release);
    expect(await leftovers()).toEqual([]);
  });

  it('makes folders and files for this user alone', async () => {
    const { obtain, folder, entry } = await useStore();
    await obtain();
    const mode = async (path: string) => (await lstat(path)).mode & 0o777;
    if (process.platform === 'win32') return;
    for (const path of [join(folder, 'compiled'), entry()]) expect(await mode(path)).toBe(0o700);
    for (const name of await readdir(entry())) expect(await mode(join(entry(), name))).toBe(0o600);
  });

  it('builds one entry for callers of one process that meet', async () => {
    const { obtain, builds } = await useStore();
    const entries = await Promise.all([obtain(), obtain(), obtain(), obtain(OTHER)]);
    expect(builds()).toBe(2);
    expect(entries.map(({ built }) => built).filter(Boolean)).toHaveLength(2);
  });

  it('tells those who wait how far the builder is', async () => {
    const { store, obtain } = await useStore();
    const seen: number[] = [];
    const proceed = new Deferred<void>();
    const slow = store.obtain(KEY, async (entry) => {
      await (await entry.create('x')).write(new Uint8Array(5000));
      await proceed.promise;
      return undefined;
    });
    await expect.poll(async () => (await store.list()).length).toBe(0);
    const waiting = obtain(KEY, {
      onWaiting: (bytes) => {
        seen.push(bytes);
        if (bytes === 5000) proceed.resolve();
      },
    });
    expect(await slow).toMatchObject({ built: true });
    expect(await waiting).toMatchObject({ built: false });
    expect(seen).toContain(5000);
  });

  it('builds again when the builder that it waited for fails', async () => {
    const { store, obtain } = await useStore();
    const failing = rejection(store.obtain(KEY, () => Promise.reject(new Error('no weights'))));
    const [error, entry] = await Promise.all([failing, obtain()]);
    expect(error.message).toBe('no weights');
    expect(entry.built).toBe(true);
  });

  it('passes the builder’s own errors on, and leaves nothing behind', async () => {
    const { store, entry, leftovers } = await useStore();
    const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: '/models/x' });
    const error = store.obtain(KEY, async (writer) => {
      await (await writer.create('weights.bin')).write(new Uint8Array(10));
      throw missing;
    });
    expect(await rejection(error)).toBe(missing);
    expect(await leftovers()).toEqual([]);
    expect(await stat(entry()).catch(() => 'none')).toBe('none');
  });

  it.each([
    ['a folder', (folder: string) => mkdir(join(folder, 'sub'))],
    ['a link', (folder: string) => symlink('/etc/hosts', join(folder, 'x'))],
    ['an odd name', (folder: string) => writeFile(join(folder, 'a b'), '')],
  ])('refuses a build that leaves %s', async (_, leave) => {
    const { store, leftovers } = await useStore();
    const error = await rejection(
      store.obtain(KEY, async ({ folder }) => {
        await leave(folder);
        return undefined;
      }),
    );
    expect(error.message).toMatch(/ordinary file|cannot be a file/);
    expect(await leftovers()).toEqual([]);
  });

  it('hashes again what was written to after it was closed', async () => {
    const { store } = await useStore();
    await store.obtain(KEY, async (entry) => {
      const file = await entry.create('x');
      await file.write(new Uint8Array(3));
      await file.close();
      await writeFile(join(entry.folder, 'x'), 'new');
      return undefined;
    });
    expect(await store.verify(KEY)).toBeUndefined();
  });

  it('records the last use, at most once a minute', async () => {
    const { obtain, entry, store } = await useStore();
    await obtain();
    const path = join(entry(), 'manifest.json');
    const used = async () => (await stat(path)).mtimeMs;
    const recent = new Date(Date.now() - 30_000);
    await utimes(path, recent, recent);
    await obtain();
    expect(await used()).toBeCloseTo(recent.getTime(), -2);
    await utimes(path, 1000, 1000);
    await obtain();
    expect(Date.now() - (await used())).toBeLessThan(10_000);
    expect((await store.list())[0]?.lastUsed.getTime()).toBeCloseTo(await used(), -1);
  });

  it('opens a large entry without reading it all', async () => {
    const { obtain, store } = await useStore();
    await store.obtain(OTHER, async ({ folder }) => {
      await writeFile(join(folder, 'sparse.bin'), '');
      await truncate(join(folder, 'sparse.bin'), 50e6); // Sparse: takes no room.
      return undefined;
    });
    const start = performance.now();
    await obtain(OTHER);
    expect(performance.now() - start).toBeLessThan(300);
  });

  it('refuses options that are none', async () => {
    for (const maxBytes of [-1, Number.NaN, '1' as unknown as number]) {
      expect(() => new CompiledStore({ folder: '/x', maxBytes })).toThrow(/maxBytes/);
    }
    const { obtain } = await useStore();
    for (const key of ['', '../x', KEY.toUpperCase(), `${KEY}/..`]) {
      expect(await rejection(obtain(key))).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it.skipIf(process.platform === 'win32')('refuses a folder that every user can write', async () => {
    const { obtain, folder } = await useStore();
    await obtain();
    await chmod(join(folder, 'compiled'), 0o777);
    const error = await rejection(obtain());
    expect(error).toMatchObject({
      code: 'CACHE_FAILED',
      message: expect.stringMatching(/every user.*chmod it to 700/),
    });
  });
});
