import { execFile } from 'node:child_process';
import { link, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { ownerMark } from '../../src/files/owner.ts';
import { cacheLayout, placeInSnapshot } from '../../src/model/hub/cache-layout.ts';
import { sha256 } from '../support/hub-server.ts';
import { rejection, useHub } from './hub-setup.ts';
import { scratch } from './scratch.ts';

describe('the cache', () => {
  const test = useHub();

  it('answers offline, by option and by environment', async () => {
    const online = await test.load();
    const before = test.hub.seen.length;
    expect(await test.load({ offline: true })).toEqual(online);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await test.load()).toEqual(online);
    expect(test.hub.seen.length).toBe(before);
  });

  it('says what is missing offline', async () => {
    const error = await rejection(test.load({ offline: true }));
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('offline mode is on') });
    expect(error.message).toContain(test.cacheDir);
    await test.load();
    expect(await rejection(test.load({ offline: true, revision: 'other' }))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('answers when the Hub cannot be reached', async () => {
    const online = await test.load();
    expect(await test.load({ endpoint: 'http://127.0.0.1:9' })).toEqual(online);
    test.hub.faults.push({ on: /revision/, status: 502, always: true });
    expect(await test.load()).toEqual(online);
  });

  it('does not hide that the model is gone', async () => {
    await test.load();
    test.hub.faults.push({ on: /revision/, status: 404, headers: { 'x-error-code': 'RepoNotFound' } });
    expect(await rejection(test.load())).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('says so when neither Hub nor cache answers', async () => {
    const error = await rejection(test.load({ endpoint: 'http://127.0.0.1:9' }));
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringMatching(/could not be reached/) });
  });

  it('follows a branch to its new commit, and fetches only what changed', async () => {
    await test.load();
    test.hub.commit = 'd'.repeat(40);
    test.hub.add('tokenizer_config.json', '{"new":true}');
    const before = test.hub.seen.length;
    expect((await test.load()).revision).toBe(test.hub.commit);
    const fetched = test.hub.seen.slice(before).filter((seen) => seen.path.includes('/resolve/'));
    expect(fetched.map((seen) => seen.path.split('/').at(-1))).toEqual(['tokenizer_config.json']);
  });

  it('fetches again what has the wrong size', async () => {
    const files = await test.load();
    const weights = test.hub.files.get('model.safetensors')?.content ?? Buffer.alloc(0);
    const blob = cacheLayout(test.cacheDir, test.hub.repository).blob(sha256(weights));
    await rm(files.weights[0] ?? '');
    await writeFile(blob, 'short');
    expect(await readFile((await test.load()).weights[0] ?? '')).toEqual(weights);
  });

  it('takes over from a process that died, and waits for one that lives', async () => {
    const etag = sha256(test.hub.files.get('model.safetensors')?.content ?? Buffer.alloc(0));
    const lock = cacheLayout(test.cacheDir, test.hub.repository).lock(etag);
    await mkdir(dirname(lock), { recursive: true });
    const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'process.pid']);
    await writeFile(lock, ownerMark(Number(stdout)));
    expect((await test.load()).kind).toBe('hub');

    await rm(join(test.cacheDir, 'models--owner--tiny-reranker'), { recursive: true });
    await writeFile(lock, ownerMark());
    setTimeout(() => void rm(lock), 300);
    const start = performance.now();
    await test.load();
    expect(performance.now() - start).toBeGreaterThan(250);
  });

  it('rejects revisions that are no names', async () => {
    for (const revision of ['../../x', '', '/etc', 'a b', 'x\\y']) {
      expect(await rejection(test.load({ revision }))).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});

describe('snapshots without symbolic links', () => {
  const refuse = () => Promise.reject(new Error('EPERM'));

  it.each([
    ['symbolic link', symlink, link],
    ['hard link', refuse, link],
    ['copy', refuse, refuse],
  ])('%s', async (what, soft, hard) => {
    const folder = await scratch();
    const blob = join(folder, 'blobs', 'x');
    const pointer = join(folder, 'snapshots', 'c', 'sub', 'config.json');
    await mkdir(dirname(blob));
    await writeFile(blob, 'content');
    await placeInSnapshot(blob, pointer, { symlink: soft, link: hard });
    await placeInSnapshot(blob, pointer, { symlink: soft, link: hard });
    expect(await readFile(pointer, 'utf8')).toBe('content');
    expect((await lstat(pointer)).isSymbolicLink()).toBe(what === 'symbolic link');
  });
});
