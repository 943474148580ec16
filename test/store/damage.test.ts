import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  copyFile,
  cp,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatManifest, type Manifest, parseManifest } from '../../src/store/manifest.ts';
import { bytesOf, KEY, OTHER, useStore } from './setup.ts';

/** Large enough that only samples of it are read: byte 70,000 lies between two of them. */
const LARGE = 2_500_000;

describe('an entry that is not what was built', () => {
  const posix = process.platform !== 'win32';
  const manifestOf = async (folder: string) => {
    const manifest = parseManifest(await readFile(join(folder, 'manifest.json'), 'utf8'), KEY);
    if (typeof manifest === 'string') throw new Error(manifest);
    return manifest;
  };
  const rewrite = async (folder: string, change: (manifest: Manifest) => Partial<Manifest>) => {
    const manifest = await manifestOf(folder);
    await writeFile(join(folder, 'manifest.json'), formatManifest({ ...manifest, ...change(manifest) }));
  };
  /** Overwrites a byte, and puts the time of change back. */
  const overwrite = async (path: string, position: number) => {
    await using file = await open(path, 'r+');
    const { atime, mtime } = await file.stat();
    await file.write(Buffer.from([0]), 0, 1, position);
    await file.utimes(atime, mtime);
  };

  const damages: readonly (readonly [string, (folder: string) => unknown, RegExp])[] = [
    ['a truncated file', (folder) => truncate(join(folder, 'weights.bin'), 9999), /weights.bin has 9999 bytes/],
    ['a longer file', (folder) => appendFile(join(folder, 'weights.bin'), 'x'), /weights.bin has/],
    ['an emptied file', (folder) => writeFile(join(folder, 'model.onnx'), ''), /model.onnx has 0 bytes/],
    ['a missing file', (folder) => rm(join(folder, 'model.onnx')), /ENOENT.*model.onnx/],
    ['an edited file of the same size', (folder) => writeFile(join(folder, 'model.onnx'), 'graPh'), /content of model/],
    [
      'an edit between the samples, with the old time',
      (folder) => overwrite(join(folder, 'weights.bin'), 70_000),
      /content of weights/,
    ],
    ['a file too many', (folder) => writeFile(join(folder, 'custom_op.so'), ''), /"custom_op.so", which is not ours/],
    ['no manifest', (folder) => rm(join(folder, 'manifest.json')), /ENOENT.*manifest/],
    ['an empty manifest', (folder) => writeFile(join(folder, 'manifest.json'), ''), /not JSON/],
    ['a huge manifest', (folder) => writeFile(join(folder, 'manifest.json'), '['.repeat(2e6)), /2000000 bytes/],
    ['the manifest of another key', (folder) => rewrite(folder, () => ({ key: OTHER })), /another key/],
    [
      'a path out of the entry',
      (folder) => rewrite(folder, ({ files }) => ({ files: files.map((file) => ({ ...file, name: '../x' })) })),
      /not ours/,
    ],
    [
      'a manifest that vouches for other content',
      (folder) =>
        rewrite(folder, ({ files }) => ({
          files: files.map((file) => ({ ...file, sha256: '0'.repeat(64), stamp: '' })),
        })),
      /content of/,
    ],
    [
      'a file in place of the folder',
      (folder) => rm(folder, { recursive: true }).then(() => writeFile(folder, 'x')),
      /not a folder/,
    ],
    ['an empty folder', (folder) => rm(folder, { recursive: true }).then(() => mkdir(folder)), /ENOENT/],
  ];
  const posixDamages: typeof damages = [
    [
      'a link in place of a file',
      (folder) =>
        rename(join(folder, 'model.onnx'), join(folder, '../../m')).then(() =>
          symlink('../../m', join(folder, 'model.onnx')),
        ),
      /model.onnx is not an ordinary file/,
    ],
    [
      'a link in place of the manifest',
      (folder) =>
        rename(join(folder, 'manifest.json'), join(folder, '../../m')).then(() =>
          symlink('../../m', join(folder, 'manifest.json')),
        ),
      /manifest is not an ordinary file/,
    ],
    [
      'a link in place of the folder',
      (folder) => rename(folder, join(folder, '../../elsewhere')).then(() => symlink('../elsewhere', folder)),
      /not a folder/,
    ],
    [
      'a named pipe',
      (folder) => rm(join(folder, 'model.onnx')).then(() => execFileSync('mkfifo', [join(folder, 'model.onnx')])),
      /not an ordinary file/,
    ],
    [
      'a file that everybody can write',
      (folder) => chmod(join(folder, 'weights.bin'), 0o666),
      /weights.bin can be written by every user/,
    ],
    ['a folder that everybody can write', (folder) => chmod(folder, 0o777), /it can be written by every user/],
  ];

  it.each([...damages, ...(posix ? posixDamages : [])])('is rebuilt: %s', async (_, damage, problem) => {
    const { obtain, store, builds, entry, intact } = await useStore({ bytes: LARGE });
    await (await obtain()).release();
    await damage(entry());
    expect(await store.verify(KEY)).toMatch(problem);
    expect(await obtain()).toMatchObject({ built: true, replaced: expect.stringMatching(problem) });
    expect(await obtain()).toMatchObject({ built: false });
    expect(builds()).toBe(2);
    expect(await intact()).toBe(true);
    expect(await store.verify(KEY)).toBeUndefined();
  });

  it('is rebuilt if it belongs to another user', async () => {
    const { obtain, entry } = await useStore();
    await obtain();
    const root = process.getuid?.() === 0;
    // Only root can give files away, and what belongs to root is trusted.
    if (root) execFileSync('chown', ['65534', join(entry(), 'weights.bin')]);
    const outcome = root ? { built: true, replaced: expect.stringMatching(/user 65534/) } : { built: false };
    expect(await obtain()).toMatchObject(outcome);
  });

  it('is read in full, once, after it was copied, and then trusted again', async () => {
    const { obtain, builds, entry, folder } = await useStore({ bytes: LARGE });
    await obtain();
    const before = await manifestOf(entry());
    await rename(entry(), join(folder, 'moved'));
    await cp(join(folder, 'moved'), entry(), { recursive: true });
    await chmod(entry(), 0o700);
    await obtain();
    const after = await manifestOf(entry());
    expect(after.files.map(({ stamp }) => stamp)).not.toEqual(before.files.map(({ stamp }) => stamp));
    expect({ ...after, files: after.files.map(({ sha256 }) => sha256) }).toEqual({
      ...before,
      files: before.files.map(({ sha256 }) => sha256),
    });
    expect(builds()).toBe(1);
  });

  it('is found by a full check even where stamps are forged', async () => {
    const { obtain, entry, store } = await useStore({ bytes: LARGE });
    await obtain();
    // What a bad disk does: other content, and nothing tells.
    await overwrite(join(entry(), 'weights.bin'), 70_000);
    const { stampOf } = await import('../../src/store/fingerprint.ts');
    await using file = await open(join(entry(), 'weights.bin'));
    const stamp = stampOf(await file.stat({ bigint: true }));
    await rewrite(entry(), ({ files }) => ({
      files: files.map((each) => (each.name === 'weights.bin' ? { ...each, stamp } : each)),
    }));
    expect(await obtain()).toMatchObject({ built: false });
    expect(await store.verify(KEY)).toMatch(/content of weights.bin/);
    expect(await obtain(KEY, { check: 'full' })).toMatchObject({ built: true });
  });

  it('is not made whole by the content of another entry', async () => {
    const { store, obtain, entry } = await useStore();
    await obtain();
    await store.obtain(OTHER, async (writer) => {
      const file = await writer.create('weights.bin');
      await file.write(bytesOf(10_000, 7));
      return undefined;
    });
    await copyFile(join(entry(OTHER), 'weights.bin'), join(entry(), 'weights.bin'));
    await utimes(join(entry(), 'weights.bin'), 1, 1);
    expect(await obtain()).toMatchObject({ built: true });
  });
});
