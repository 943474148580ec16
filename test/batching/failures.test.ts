import { describe, expect, test } from 'vitest';
import type { MicroBatch } from '../../src/engine/engine.ts';
import { RerankitError } from '../../src/errors.ts';
import { call, rowsOf, settle, setUp } from './support.ts';

const has = (batch: MicroBatch, id: number): boolean => batch.rows.some((row) => row.tokens[0] === id);
const failed = (): RerankitError => new RerankitError('ENGINE_FAILED', 'out of memory');

describe('ENGINE_FAILED', () => {
  test("fails a call that ran alone, with the engine's own error", async () => {
    const { engine, scheduler } = setUp();
    const error = failed();
    engine.fault = () => error;
    await expect(call(scheduler, rowsOf(1, 3)).result).rejects.toBe(error);
    expect(engine.batches.length).toBe(1);
    engine.fault = () => undefined;
    await call(scheduler, rowsOf(1, 3)).result;
  });

  test('splits a shared run, so that only the guilty call fails', async () => {
    const { engine, scheduler } = setUp();
    engine.fault = (batch) => (has(batch, 2) ? failed() : undefined);
    const jobs = [1, 2, 3].map((id) => call(scheduler, rowsOf(id, 3)));
    const results = await Promise.allSettled(jobs.map((job) => job.result));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(engine.ids.map((ids) => ids.join('')).sort()).toEqual(['111', '111222333', '222', '333']);
    expect(scheduler.stats()).toMatchObject({ queuedDocuments: 0, queuedTokens: 0, openCalls: 0, running: false });
  });

  test('a fault of the moment costs no call anything, and is not counted as computed', async () => {
    const { engine, scheduler } = setUp();
    engine.fault = (_, run) => (run === 0 ? failed() : undefined);
    const jobs = [1, 2].map((id) => call(scheduler, rowsOf(id, 3)));
    const results = await Promise.all(jobs.map((job) => job.result));
    expect(results.map((result) => result.computedTokens)).toEqual([13, 13]);
    expect(engine.batches.length).toBe(3);
  });

  test('an engine that is broken for good is tried once more for each call', async () => {
    const { engine, scheduler } = setUp();
    engine.fault = failed;
    const jobs = Array.from({ length: 20 }, (_, id) => call(scheduler, rowsOf(id, 2)));
    const results = await Promise.allSettled(jobs.map((job) => job.result));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(engine.batches.length).toBe(21);
  });

  test('a call goes on after its rows have run apart', async () => {
    const { engine, scheduler } = setUp({ tokenBudget: 50 });
    engine.fault = (batch) => (has(batch, 2) ? failed() : undefined);
    const [good, bad] = [call(scheduler, rowsOf(1, 20, 10)), call(scheduler, rowsOf(2, 20, 10))];
    await expect(bad.result).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect((await good.result).outputs.length).toBe(20);
  });

  test('a call aborted during the failed run is not tried again', async () => {
    const { engine, scheduler } = setUp();
    engine.hold();
    engine.fault = (_, run) => (run === 0 ? failed() : undefined);
    const controller = new AbortController();
    call(scheduler, rowsOf(1, 1), { signal: controller.signal });
    const job = call(scheduler, rowsOf(2, 1));
    await settle();
    controller.abort();
    engine.release();
    await job.result;
    await settle();
    expect(engine.ids).toEqual([[1, 2], [2]]);
  });

  test('another error of the engine is wrapped, and kept as the cause', async () => {
    const { engine, scheduler } = setUp();
    const cause = new TypeError('session is null');
    engine.fault = () => cause;
    await expect(call(scheduler, rowsOf(1, 3)).result).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'The engine failed a run of 3 documents (13 tokens): session is null',
      cause,
    });
  });
});

test('ENGINE_CRASHED fails the calls of that run and no others, and is not tried again', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 50 });
  engine.fault = (batch) => (has(batch, 1) ? new RerankitError('ENGINE_CRASHED', 'the worker died') : undefined);
  const crashing = [
    call(scheduler, rowsOf(1, 9, 10), { priority: 1 }),
    call(scheduler, rowsOf(1, 1, 10), { priority: 1 }),
  ];
  const waiting = call(scheduler, rowsOf(2, 4, 10));
  for (const job of crashing.slice(0, 1)) await expect(job.result).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
  await waiting.result;
  await expect(crashing[1]?.result).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
  expect(engine.ids.flat().filter((id) => id === 1).length).toBeLessThan(10);
});

test.each([
  ['too few', (logits: Float32Array) => logits.subarray(1), /returned 5 numbers for 6 documents/],
  ['too many', () => new Float32Array(7), /returned 7 numbers for 6 documents/],
])('%s logits fail every call of the run', async (_, fault, message) => {
  const { engine, scheduler } = setUp();
  engine.fault = () => fault;
  const jobs = [1, 2].map((id) => call(scheduler, rowsOf(id, 3)));
  const error = { code: 'ENGINE_FAILED', message: expect.stringMatching(message) };
  for (const job of jobs) await expect(job.result).rejects.toMatchObject(error);
  expect(engine.batches.length).toBe(1);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'the logit %d fails its call, and not the others',
  async (bad) => {
    const { engine, scheduler } = setUp();
    engine.fault = () => (logits) => logits.with(4, bad);
    const jobs = [1, 2].map((id) => call(scheduler, rowsOf(id, 3)));
    await expect(jobs[1]?.result).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining(`returned ${bad} for document 1`),
    });
    expect((await jobs[0]?.result)?.outputs.length).toBe(3);
    expect(scheduler.stats()).toMatchObject({ queuedDocuments: 0, queuedTokens: 0, openCalls: 0, running: false });
  },
);
