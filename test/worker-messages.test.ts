import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'tsup';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WorkerConnection } from '../src/worker/connection.ts';
import type { CountingMethods } from './support/counting-worker.ts';

describe('a worker’s messages', () => {
  let folder: string;
  let url: URL;
  let connection: WorkerConnection<CountingMethods>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-worker-'));
    await build({
      entry: { counting: join(import.meta.dirname, 'support', 'counting-worker.ts') },
      outDir: folder,
      format: 'esm',
      target: 'node20',
      config: false,
      silent: true,
      outExtension: () => ({ js: '.mjs' }),
    });
    url = pathToFileURL(join(folder, 'counting.mjs'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => {
    connection = new WorkerConnection<CountingMethods>(url, 'counting');
  });
  afterEach(() => connection.close());

  test('progress comes in order, before the answer, to the request it belongs to', async () => {
    const [first, second]: number[][] = [[], []];
    const answers = await Promise.all([
      connection.call('count', { to: 5 }, { onProgress: (at) => void first?.push(at) }),
      connection.call('count', { to: 3 }, { onProgress: (at) => void second?.push(at) }),
      connection.call('count', { to: 2 }),
    ]);
    expect(answers).toEqual([5, 3, 2]);
    expect([first, second]).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2],
    ]);
  });

  test('an abort reaches the request under way, and no other', async () => {
    const controller = new AbortController();
    const endless = connection.call(
      'count',
      { to: 1e9 },
      { signal: controller.signal, onProgress: (at) => void (at === 3 && controller.abort()) },
    );
    const next = connection.call('count', { to: 4 });
    await expect(endless).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(/abort/i) });
    expect(await next).toBe(4);
  });

  test('a request that was aborted while it waited, or before, is never begun', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const first = connection.call('count', { to: 30 });
    const onProgress = (at: number) => void seen.push(at);
    const waiting = connection.call('count', { to: 30 }, { signal: controller.signal, onProgress });
    controller.abort();
    const late = connection.call('count', { to: 30 }, { signal: AbortSignal.abort(), onProgress });
    for (const aborted of [waiting, late]) await expect(aborted).rejects.toThrow(/abort/i);
    expect(await first).toBe(30);
    expect(seen).toEqual([]);
  });

  test('an abort after the answer does nothing', async () => {
    const controller = new AbortController();
    expect(await connection.call('count', { to: 1 }, { signal: controller.signal })).toBe(1);
    controller.abort();
    await delay(20);
    expect(await connection.call('count', { to: 2 })).toBe(2);
    expect(connection.alive).toBe(true);
  });

  test('many requests with one signal leave no listeners on it', async () => {
    const controller = new AbortController();
    let listening = 0;
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listening++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listening--;
      remove(...args);
    };
    await Promise.all([1, 2, 3].map((to) => connection.call('count', { to }, { signal })));
    expect(listening).toBe(0);
  });

  test('errors keep their code, and an unknown method is one', async () => {
    await expect(connection.call('fail', undefined)).rejects.toMatchObject({
      name: 'RerankitError',
      code: 'CACHE_FAILED',
      message: 'no room',
    });
    const unknown = connection as unknown as WorkerConnection<{ nothing: { request: undefined; response: undefined } }>;
    await expect(unknown.call('nothing', undefined)).rejects.toThrow('This worker has no method nothing');
  });
});
