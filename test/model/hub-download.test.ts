import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openCheckpoint } from '../../src/model/checkpoint.ts';
import type { ModelDescription } from '../../src/model/model-files.ts';
import type { DownloadProgress } from '../../src/model/progress.ts';
import { Reranker } from '../../src/reranker.ts';
import { gitSha1, HubServer, sha256 } from '../support/hub-server.ts';
import { rejection, useHub } from './hub-setup.ts';
import { shardedModel } from './tiny-model.ts';

const WEIGHTS = 'model.safetensors';

describe('a model from the Hub', () => {
  const test = useHub();
  const content = (name: string) => test.hub.files.get(name)?.content ?? Buffer.alloc(0);
  const blob = (etag: string) => join(test.cacheDir, 'models--owner--tiny-reranker', 'blobs', etag);
  const partial = () => `${blob(sha256(content(WEIGHTS)))}.rerankit.incomplete`;
  /** Weights that take many chunks; what they hold does not matter to a download. */
  const makeLarge = (bytes = 3 << 20) => {
    const large = Buffer.alloc(bytes);
    for (let at = 0; at + 4 <= bytes; at += 4) large.writeUInt32LE((at * 2654435761) >>> 0, at);
    test.hub.add(WEIGHTS, large);
    return large;
  };

  it('arrives in the layout of the Python cache, pinned to its commit', async () => {
    const files = await test.load();
    expect(files).toMatchObject({ kind: 'hub', id: 'owner/tiny-reranker', revision: test.hub.commit });
    const folder = join(test.cacheDir, 'models--owner--tiny-reranker');
    expect(files.directory).toBe(join(folder, 'snapshots', test.hub.commit));
    expect(await readFile(join(folder, 'refs', 'main'), 'utf8')).toBe(test.hub.commit);
    expect(await readlink(files.config)).toBe(`../../blobs/${gitSha1(content('config.json'))}`);
    expect(await readlink(files.weights[0] ?? '')).toBe(`../../blobs/${sha256(content(WEIGHTS))}`);
    expect((await readdir(join(folder, 'blobs'))).length).toBe(4);
    expect((await openCheckpoint(files)).headTensor).toBe('model.embed_tokens.weight');
  });

  it('fetches only what is needed, and nothing twice', async () => {
    test.hub.add('pytorch_model.bin', 'x', true);
    test.hub.add('README.md', 'x');
    test.hub.add('1_Pooling/config.json', '{"pooling":true}');
    await test.load();
    expect(test.hub.fetches('pytorch_model.bin')).toEqual([]);
    expect(test.hub.fetches('README.md')).toEqual([]);
    expect(test.hub.fetches('1_Pooling/config.json').length).toBe(1);
    const before = test.hub.seen.length;
    await test.load();
    expect(test.hub.seen.length).toBe(before + 1);
    await test.load({ revision: test.hub.commit });
    expect(test.hub.seen.length).toBe(before + 1);
  });

  it('asks about the small files before it fetches weights', async () => {
    const seen: string[] = [];
    const check = async ({ id, config, markers }: ModelDescription) => {
      seen.push(id, basename(config), ...Object.keys(markers));
      throw new Error('not wanted');
    };
    test.hub.add('modules.json', '[]');
    await expect(test.load({ check })).rejects.toThrow('not wanted');
    expect(seen).toEqual([test.hub.repository, 'config.json', 'modules']);
    expect(test.hub.fetches(WEIGHTS)).toEqual([]);
  });

  it('is refused by its config before its weights are fetched', async () => {
    test.hub.add('config.json', JSON.stringify({ architectures: ['LlamaForCausalLM'], model_type: 'llama' }));
    const { cacheDir, hub } = test;
    const load = Reranker.load(hub.repository, { cacheDir, endpoint: hub.endpoint });
    expect(await rejection(load)).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    expect(hub.fetches(WEIGHTS)).toEqual([]);
  });

  it('takes shards that an index names', async () => {
    test.hub.files.clear();
    for (const [name, bytes] of Object.entries(shardedModel())) test.hub.add(name, bytes);
    const events: DownloadProgress[] = [];
    const files = await test.load({ onProgress: (event) => events.push(event) });
    expect(files.weights.length).toBe(2);
    expect((await openCheckpoint(files)).config.layers).toBe(2);
    const sum = [...test.hub.files.values()].reduce((total, file) => total + file.content.length, 0);
    expect(events.at(-1)).toMatchObject({ phase: 'download', loadedBytes: sum, totalBytes: sum });
  });

  it('reports progress that never exceeds the total and ends there', async () => {
    makeLarge();
    const events: DownloadProgress[] = [];
    await test.load({ onProgress: (event) => events.push(event) });
    expect(events.length).toBeGreaterThanOrEqual(4);
    expect(events.length).toBeLessThan(40);
    for (const event of events) {
      expect(event.loadedBytes).toBeLessThanOrEqual(event.totalBytes);
      expect(event.fileLoadedBytes).toBeLessThanOrEqual(event.fileTotalBytes);
    }
    expect(events.at(-1)?.loadedBytes).toBe(events.at(-1)?.totalBytes);
  });

  it('rejects with what the progress callback throws', async () => {
    const mine = new Error('mine');
    const onProgress = () => {
      throw mine;
    };
    expect(await rejection(test.load({ onProgress }))).toBe(mine);
  });

  it('continues after a cut connection, asking for the rest only', async () => {
    makeLarge();
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', cutAfter: 1 << 20 });
    const files = await test.load();
    const [first, second] = test.hub.fetches(WEIGHTS);
    expect(first?.range).toBeUndefined();
    expect(Number(/^bytes=(\d+)-$/.exec(second?.range ?? '')?.[1])).toBeGreaterThan(0);
    expect(content(WEIGHTS).equals(await readFile(files.weights[0] ?? ''))).toBe(true);
  });

  it('aborts promptly with the reason, and continues next time where it stopped', async () => {
    makeLarge();
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', stallAfter: 1 << 20 });
    const controller = new AbortController();
    const reason = new Error('enough');
    const loading = rejection(test.load({ signal: controller.signal }));
    await vi.waitFor(async () => expect((await lstat(partial())).size).toBe(1 << 20));
    const start = performance.now();
    controller.abort(reason);
    expect(await loading).toBe(reason);
    expect(performance.now() - start).toBeLessThan(500);
    const { size } = await lstat(partial());
    expect(size).toBe(1 << 20);
    const files = await test.load();
    expect(test.hub.fetches(WEIGHTS).map(({ range }) => range)).toEqual([undefined, `bytes=${size}-`]);
    expect(content(WEIGHTS).equals(await readFile(files.weights[0] ?? ''))).toBe(true);
  });

  it('does nothing for a signal that is aborted already', async () => {
    expect(await rejection(test.load({ signal: AbortSignal.abort('no') }))).toBe('no');
    expect(test.hub.seen).toEqual([]);
  });

  it('aborts while it waits to try again', async () => {
    test.hub.faults.push({ on: /paths-info/, status: 429, headers: { 'retry-after': '30' } });
    const start = performance.now();
    expect(await rejection(test.load({ signal: AbortSignal.timeout(100) }))).toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('begins afresh when the server ignores ranges', async () => {
    makeLarge();
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', cutAfter: 1 << 20 });
    test.hub.faults.push({ on: /safetensors/, host: 'cdn', ignoreRange: true });
    const files = await test.load();
    expect(content(WEIGHTS).equals(await readFile(files.weights[0] ?? ''))).toBe(true);
  });

  it.each([
    ['damaged', (good: Buffer) => Buffer.alloc(good.length / 2, 1)],
    ['too long', (good: Buffer) => Buffer.concat([good, Buffer.alloc(10)])],
    ['complete', (good: Buffer) => good],
  ])('copes with a %s partial file', async (_what, make) => {
    await test.load();
    const good = makeLarge(100_000);
    await writeFile(partial(), make(good));
    test.hub.commit = 'd'.repeat(40);
    const files = await test.load();
    expect(files.revision).toBe(test.hub.commit);
    expect(good.equals(await readFile(files.weights[0] ?? ''))).toBe(true);
  });

  it('fetches each file once for two loads at the same time', async () => {
    makeLarge();
    const [a, b] = await Promise.all([test.load(), test.load()]);
    expect(a).toEqual(b);
    for (const name of test.hub.files.keys()) expect(test.hub.fetches(name).length).toBe(1);
    expect(content(WEIGHTS).equals(await readFile(a.weights[0] ?? ''))).toBe(true);
  });

  it('sends the token to the endpoint only', async () => {
    test.hub.token = 'hf_secret';
    await test.load({ token: ' hf_secret\n' });
    const tokens = (host: string) =>
      test.hub.seen.filter((seen) => seen.host === host).map((seen) => seen.authorization);
    expect(new Set(tokens('hub'))).toEqual(new Set(['Bearer hf_secret']));
    expect(tokens('cdn').length).toBeGreaterThan(0);
    expect(new Set(tokens('cdn'))).toEqual(new Set([undefined]));
  });

  it('takes tokens of any form, from the environment', async () => {
    test.hub.token = 'api_org_token';
    vi.stubEnv('HF_TOKEN', 'api_org_token');
    expect((await test.load()).kind).toBe('hub');
  });

  it('finds a revision with slashes', async () => {
    expect((await test.load({ revision: 'refs/pr/1' })).revision).toBe(test.hub.commit);
    expect((await test.load({ revision: 'refs/pr/1', offline: true })).revision).toBe(test.hub.commit);
  });

  it('talks to another hub through HF_ENDPOINT', async () => {
    const other = await HubServer.start();
    onTestFinished(() => other.stop());
    for (const [name, file] of test.hub.files) other.add(name, file.content);
    vi.stubEnv('HF_ENDPOINT', `${other.endpoint}/`);
    const { endpoint: _, ...options } = { endpoint: '', cacheDir: test.cacheDir };
    const { resolveModel } = await import('../../src/model/source.ts');
    await resolveModel('owner/tiny-reranker', options);
    expect(test.hub.seen).toEqual([]);
    expect(other.seen.length).toBeGreaterThan(0);
  });
});
