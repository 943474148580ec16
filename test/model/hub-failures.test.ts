import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../support/hub-server.ts';
import { rejection, useHub } from './hub-setup.ts';
import { scratch } from './scratch.ts';
import { shardedModel } from './tiny-model.ts';

const WEIGHTS = 'model.safetensors';

describe('when the Hub refuses or fails', () => {
  const test = useHub();
  const blobs = () => join(test.cacheDir, 'models--owner--tiny-reranker', 'blobs');
  const leftovers = async () => (await readdir(blobs())).filter((name) => name.includes('incomplete'));

  it.each([
    [401, {}, undefined, 'DOWNLOAD_UNAUTHORIZED', /Set HF_TOKEN or pass token/],
    [401, {}, 'hf_bad', 'DOWNLOAD_UNAUTHORIZED', /token .* is not valid/],
    [403, { 'x-error-code': 'GatedRepo' }, 'hf_x', 'DOWNLOAD_UNAUTHORIZED', /gated: accept its terms at .*owner\/tiny/],
    [404, { 'x-error-code': 'RepoNotFound' }, undefined, 'MODEL_NOT_FOUND', /no repository "owner\/tiny-reranker"/],
    [404, { 'x-error-code': 'RevisionNotFound' }, undefined, 'MODEL_NOT_FOUND', /no revision "main"/],
    [404, {}, undefined, 'MODEL_NOT_FOUND', /"owner\/tiny-reranker" with a revision "main"/],
    [400, {}, undefined, 'DOWNLOAD_FAILED', /answered 400/],
  ])('answers %i %o at once', async (status, headers, token, code, message) => {
    test.hub.faults.push({ on: /revision/, status, headers, always: true });
    const error = await rejection(test.load({ ...(token && { token }) }));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.message).not.toContain('hf_');
    expect(test.hub.seen.length).toBe(1);
  });

  it('names a file that is gone', async () => {
    test.hub.faults.push({ on: /resolve.*tokenizer.json/, status: 404, headers: { 'x-error-code': 'EntryNotFound' } });
    const error = await rejection(test.load());
    expect(error).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('no file "tokenizer.json"'),
    });
  });

  it.each([
    ['config.json', undefined, /no file config\.json/],
    ['tokenizer.json', undefined, /no file tokenizer\.json/],
    [WEIGHTS, undefined, /no file model\.safetensors.*safetensors form/],
    [WEIGHTS, 'pytorch_model.bin', /pickle/],
    [WEIGHTS, 'adapter_config.json', /LoRA/],
  ])('says what a repository without %s lacks', async (name, other, message) => {
    test.hub.files.delete(name);
    if (other !== undefined) test.hub.add(other, 'x');
    const error = await rejection(test.load());
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringMatching(message) });
  });

  it('waits as long as 429 asks, and goes on', async () => {
    test.hub.faults.push({ on: /revision/, status: 429, headers: { 'retry-after': '1' } });
    const start = performance.now();
    await test.load();
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  it.each(['revision', 'paths-info', 'tokenizer.json', WEIGHTS])('tries %s again after 500', async (on) => {
    test.hub.faults.push({ on: new RegExp(on), status: 500 }, { on: new RegExp(on), status: 503 });
    expect((await test.load()).kind).toBe('hub');
  });

  it('gives up after five failures in a row, saying why', async () => {
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', status: 500, always: true });
    const error = await rejection(test.load());
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringMatching(/answered 500/) });
    expect(test.hub.fetches(WEIGHTS).length).toBe(5);
  });

  it('asks the Hub for a new address when the signed one has expired', async () => {
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', status: 403 });
    expect((await test.load()).kind).toBe('hub');
  });

  it('refuses content with another hash, and removes it', async () => {
    const good = test.hub.files.get(WEIGHTS)?.content ?? Buffer.alloc(0);
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', content: Buffer.alloc(good.length, 7) });
    const error = await rejection(test.load());
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining(sha256(good)) });
    expect(await leftovers()).toEqual([]);
    expect((await readdir(blobs())).includes(sha256(good))).toBe(false);
    expect((await test.load()).kind).toBe('hub');
  });

  it('checks small files too', async () => {
    const good = test.hub.files.get('config.json')?.content ?? Buffer.alloc(0);
    test.hub.faults.push({ on: /resolve.*\/config.json/, content: Buffer.alloc(good.length, 32) });
    expect(await rejection(test.load())).toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('hash'),
    });
  });

  it.each([-1, 1])('refuses content of another size (%i)', async (more) => {
    const good = test.hub.files.get(WEIGHTS)?.content ?? Buffer.alloc(0);
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', content: Buffer.alloc(good.length + more) });
    const error = await rejection(test.load());
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining('published size') });
    expect(await leftovers()).toEqual([]);
  });

  it('follows no redirect into the unknown, and no circle', async () => {
    test.hub.faults.push({ on: /resolve.*\/config.json/, status: 302, headers: { location: 'file:///etc/passwd' } });
    expect(await rejection(test.load())).toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(/safe/),
    });
    const circle = { on: /resolve.*\/config.json/, status: 302, headers: { location: '?again' }, always: true };
    test.hub.faults.push(circle);
    expect(await rejection(test.load())).toMatchObject({ message: expect.stringMatching(/circles/) });
  });

  it('does not let names from the server leave the folder', async () => {
    test.hub.files.clear();
    for (const [name, bytes] of Object.entries(shardedModel())) test.hub.add(name, bytes);
    const evil = { weight_map: { 'model.norm.weight': '../../../../evil.safetensors' } };
    test.hub.add('model.safetensors.index.json', JSON.stringify(evil));
    test.hub.add('../../../../evil.safetensors', 'x');
    const error = await rejection(test.load());
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining('evil.safetensors') });
  });

  it('names a shard that the repository has not', async () => {
    test.hub.files.clear();
    for (const [name, bytes] of Object.entries(shardedModel())) test.hub.add(name, bytes);
    test.hub.files.delete('model-00002-of-00002.safetensors');
    const error = await rejection(test.load());
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('model-00002-of') });
  });

  it.runIf(process.platform === 'linux')('says so when the disk is full, and goes on when it is not', async () => {
    await mkdir(blobs(), { recursive: true });
    const etag = sha256(test.hub.files.get(WEIGHTS)?.content ?? Buffer.alloc(0));
    const partial = join(blobs(), `${etag}.rerankit.incomplete`);
    // Every write to this device fails as on a full disk.
    await symlink('/dev/full', partial);
    const error = await rejection(test.load());
    expect(error).toMatchObject({ code: 'CACHE_FAILED', message: expect.stringMatching(/ENOSPC.*Free some space/s) });
    execFileSync('rm', [partial]);
    expect((await test.load()).kind).toBe('hub');
  });

  it('says so when the cache cannot be written', async () => {
    const file = join(await scratch(), 'file');
    await writeFile(file, '');
    const error = await rejection(test.load({ cacheDir: join(file, 'cache') }));
    expect(error).toMatchObject({ code: 'CACHE_FAILED', message: expect.stringMatching(/ENOTDIR.*cacheDir/s) });
  });

  // Permissions do not bind root: there the test above has to do.
  it.skipIf(process.getuid?.() === 0)('says so when the cache is read-only', async () => {
    await chmod(test.cacheDir, 0o500);
    expect(await rejection(test.load())).toMatchObject({ code: 'CACHE_FAILED' });
  });
});
