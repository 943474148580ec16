import { afterEach, describe, expect, test } from 'vitest';
import type { MicroBatch } from '../../src/engine/engine.ts';
import { OnnxEngine } from '../../src/engine/onnx/onnx-engine.ts';
import type { LoadRequest } from '../../src/engine/onnx/protocol.ts';

const ANSWERS = Promise.resolve({ yesId: 1, noId: 0 });
const WORKER = new URL('./dying-worker.mjs', import.meta.url);
const batch = (first: number): MicroBatch => ({
  prefixes: [Int32Array.of(first, 2)],
  rows: [{ prefix: 0, tokens: Int32Array.of(3) }],
});

describe('an engine whose worker dies', () => {
  let engine: OnnxEngine;
  afterEach(() => engine.dispose());
  const start = () => {
    // The worker of this test reads nothing of the request.
    engine = new OnnxEngine({} as LoadRequest, ANSWERS, {}, WORKER);
    return engine;
  };

  test.each([
    ['an uncaught throw', 666, /engine worker thread ended: out of memory/],
    ['an exit', 667, /engine worker thread ended: exit code 3/],
  ])('%s: every waiting run gets an error, the next one a fresh worker', async (_, deadly, message) => {
    const engine = start();
    expect(await engine.run(batch(1))).toEqual(Float32Array.of(1));
    const waiting = await Promise.allSettled([engine.run(batch(deadly)), engine.run(batch(1))]);
    for (const outcome of waiting) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ENGINE_CRASHED' } });
      expect(String((outcome as PromiseRejectedResult).reason)).toMatch(message);
    }
    expect(await engine.run(batch(1))).toEqual(Float32Array.of(1));
  });

  test('a failed run fails alone', async () => {
    const engine = start();
    const [failed, next] = await Promise.allSettled([engine.run(batch(668)), engine.run(batch(1))]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'ENGINE_FAILED', message: 'bad run' } });
    expect(next).toMatchObject({ status: 'fulfilled' });
  });

  test('a load that failed is tried again, in another thread', async () => {
    const failures = new SharedArrayBuffer(4);
    new Int32Array(failures)[0] = 2;
    engine = new OnnxEngine({ failures } as unknown as LoadRequest, ANSWERS, {}, WORKER);
    const messages = [];
    for (let attempt = 0; attempt < 2; attempt++) messages.push(await engine.load().catch(String));
    expect(new Set(messages).size).toBe(2);
    expect(messages).toEqual([expect.stringMatching(/no memory in \d+/), expect.stringMatching(/no memory in \d+/)]);
    expect(await engine.run(batch(1))).toEqual(Float32Array.of(1));
  });

  test('can be disposed when dead, and twice', async () => {
    const engine = start();
    await expect(engine.run(batch(667))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
    await engine.dispose();
    await engine.dispose();
  });
});
