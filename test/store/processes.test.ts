import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../model/scratch.ts';
import { KEY, list, OTHER, useStore } from './setup.ts';

describe('processes', () => {
  const out = join(tmpdir(), `rerankit-child-${process.pid}`);
  const program = join(out, 'child.mjs');

  beforeAll(async () => {
    await build({
      entry: [join(import.meta.dirname, 'child.ts')],
      outDir: out,
      format: 'esm',
      target: 'node20',
      config: false,
      silent: true,
      outExtension: () => ({ js: '.mjs' }),
    });
  });
  afterAll(() => rm(out, { recursive: true, force: true }));

  function start(folder: string, key: string, mode = '', uid?: number) {
    const args = [program, folder, key, join(folder, 'log'), mode];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], ...(uid && { uid }) });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = new Promise<{ signal: NodeJS.Signals | null; output: string }>((resolve) => {
      child.on('close', (_, signal) => resolve({ signal, output }));
    });
    return { child, ended };
  }

  it('that want one entry at once build it once', async () => {
    const folder = await scratch();
    const outputs = await Promise.all([1, 2, 3, 4].map(() => start(folder, KEY).ended));
    const built = outputs.map(({ output }) => (JSON.parse(output) as { built: boolean }).built);
    expect(built.filter(Boolean)).toHaveLength(1);
    expect(built).toHaveLength(4);
    expect(await readFile(join(folder, 'log'), 'utf8')).toBe('built\n');
  });

  it('take over from one that was killed while it built, and clean up after it', async () => {
    const { folder, obtain, store, leftovers } = await useStore();
    expect(await start(folder, KEY, 'die').ended).toMatchObject({ signal: 'SIGKILL' });
    expect(await store.list()).toEqual([]);
    expect(await leftovers()).toHaveLength(3);
    const start0 = performance.now();
    const { built, release } = await obtain();
    expect(built).toBe(true);
    expect(performance.now() - start0).toBeLessThan(5000);
    await release();
    expect(await leftovers()).toEqual([]);
  });

  it('killed at any moment leave a whole entry or none', async () => {
    const { folder, store } = await useStore();
    for (const ms of [150, 250, 320, 380, 440]) {
      const { child, ended } = start(folder, OTHER);
      await delay(ms);
      child.kill('SIGKILL');
      await ended;
      for (const { key } of await store.list()) expect(await store.verify(key)).toBeUndefined();
      await store.clear();
      expect(await list(join(folder, 'compiled', 'building'))).toEqual([]);
    }
  });

  it.skipIf(process.platform === 'win32')(
    'that may only read open what is there, and say so if it is not',
    async () => {
      // A shared cache in a container's image: written by root, read by a service's user.
      const folder = await scratch();
      const root = process.getuid?.() === 0;
      await start(folder, KEY).ended;
      const open = async (path: string, mode: number) => chmod(join(folder, path), mode);
      for (const name of ['weights.bin', 'manifest.json']) await open(`compiled/entries/${KEY}/${name}`, 0o444);
      const folders = [
        `compiled/entries/${KEY}`,
        'compiled/entries',
        'compiled/uses',
        'compiled/locks',
        'compiled/building',
      ];
      for (const path of [...folders, 'compiled', '.']) await open(path, 0o555);
      await chmod(out, 0o755);
      const uid = root ? 65_534 : undefined;
      const [there, missing] = [await start(folder, KEY, '', uid).ended, await start(folder, OTHER, '', uid).ended];
      for (const path of ['.', 'compiled', ...folders.reverse()]) await open(path, 0o700);
      expect(JSON.parse(there.output)).toEqual({ built: false });
      expect(JSON.parse(missing.output)).toMatchObject({
        code: 'CACHE_FAILED',
        message: expect.stringContaining(folder),
      });
    },
  );
});

describe('a folder that cannot be used', () => {
  it('is named, with the reason and what to do', async () => {
    const { folder, obtain, builds } = await useStore();
    await writeFile(join(folder, 'compiled'), 'a file');
    await expect(obtain()).rejects.toMatchObject({
      code: 'CACHE_FAILED',
      message: expect.stringMatching(new RegExp(`${folder} cannot be used .*EEXIST.*RERANKIT_CACHE`)),
    });
    expect(builds()).toBe(0);
  });

  it('is told from a builder that fails: a full disk is the folder’s fault', async () => {
    const { store, folder } = await useStore();
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const full = Object.assign(new Error(`${code}: no space left on device, write`), { code, syscall: 'write' });
      await expect(store.obtain(KEY, () => Promise.reject(full))).rejects.toMatchObject({
        code: 'CACHE_FAILED',
        message: expect.stringMatching(/has no room .*Free some space/),
        cause: full,
      });
    }
    expect(await list(join(folder, 'compiled', 'building'))).toEqual([]);
  });

  it('is found out where locks cannot be made', async () => {
    const { folder, obtain } = await useStore();
    await mkdir(join(folder, 'compiled'));
    await writeFile(join(folder, 'compiled', 'locks'), '');
    await expect(obtain()).rejects.toMatchObject({ code: 'CACHE_FAILED' });
  });
});
