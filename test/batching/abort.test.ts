import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { call, expectedLogit, PREFIX, rowsOf, settle, setUp, tokens } from './support.ts';

test('aborted before: open throws the reason', () => {
  const { scheduler } = setUp();
  const reason = new Error('changed my mind');
  expect(() => scheduler.open({ rows: 1, signal: AbortSignal.abort(reason) })).toThrow(reason);
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 0, openCalls: 0 });
});

test('aborted before the first rows', async () => {
  const { engine, scheduler } = setUp();
  const controller = new AbortController();
  const job = scheduler.open({ rows: 1, signal: controller.signal });
  controller.abort();
  await expect(job.result).rejects.toBe(controller.signal.reason);
  await expect(job.add(PREFIX, rowsOf(1, 1))).rejects.toBe(controller.signal.reason);
  await settle();
  expect(engine.batches.length).toBe(0);
});

test('aborted while idle calls gather: the engine is not started for it', async () => {
  const { engine, scheduler } = setUp();
  const controller = new AbortController();
  const job = call(scheduler, rowsOf(1, 5), { signal: controller.signal });
  controller.abort();
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 0, queuedTokens: 0, openCalls: 0, running: false });
  await expect(job.result).rejects.toBe(controller.signal.reason);
  await settle();
  expect(engine.batches.length).toBe(0);
  await call(scheduler, rowsOf(1, 1)).result;
});

test('aborted while waiting: leaves at once, and held back callers hear of it', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 20 });
  engine.hold();
  const first = call(scheduler, rowsOf(1, 1, 10));
  await settle();
  const controller = new AbortController();
  const job = scheduler.open({ rows: 100, signal: controller.signal });
  const adding = job.add(PREFIX, rowsOf(2, 100, 10));
  const neighbour = call(scheduler, rowsOf(3, 1, 10));
  controller.abort('any value');
  await expect(adding).rejects.toBe('any value');
  await expect(job.result).rejects.toBe('any value');
  engine.release();
  await Promise.all([first.result, neighbour.result]);
  expect(engine.ids).toEqual([[1], [3]]);
});

test('aborted while its rows run: rejects at once, and the neighbours get their logits', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const controller = new AbortController();
  const job = call(scheduler, rowsOf(1, 3), { signal: controller.signal });
  const neighbour = call(scheduler, rowsOf(2, 3));
  await settle();
  expect(engine.ids).toEqual([[1, 1, 1, 2, 2, 2]]);
  controller.abort();
  await expect(job.result).rejects.toBe(controller.signal.reason);
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 3, openCalls: 1, running: true });
  engine.release();
  expect([...(await neighbour.result).outputs]).toEqual(Array(3).fill(expectedLogit(PREFIX, tokens(2))));
  await settle();
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 0, running: false });
});

test('aborted between two of its runs', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 20 });
  engine.hold();
  const controller = new AbortController();
  const job = call(scheduler, rowsOf(1, 10, 10), { signal: controller.signal });
  await engine.step();
  controller.abort();
  engine.release();
  await expect(job.result).rejects.toBe(controller.signal.reason);
  await settle();
  expect(engine.batches.length).toBe(2);
});

test('aborted afterwards: nothing happens', async () => {
  const { scheduler } = setUp();
  const controller = new AbortController();
  const job = call(scheduler, rowsOf(1, 1), { signal: controller.signal });
  const result = await job.result;
  controller.abort();
  expect(await job.result).toBe(result);
});

test('no listener stays on the signal, however a job ends', async () => {
  const { scheduler } = setUp();
  const { signal } = new AbortController();
  const jobs = Array.from({ length: 50 }, () => scheduler.open({ rows: 1, signal }));
  expect(getEventListeners(signal, 'abort').length).toBe(1);
  for (const [index, job] of jobs.entries()) {
    if (index % 2) job.fail(new Error('no text'));
    else void job.add(PREFIX, rowsOf(1, 1));
  }
  await Promise.allSettled(jobs.map((job) => job.result));
  expect(getEventListeners(signal, 'abort').length).toBe(0);
});

test('many calls on one signal: all leave, without a warning of Node', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error): number => warnings.push(warning);
  process.on('warning', listener);
  const { engine, scheduler } = setUp();
  const controller = new AbortController();
  const jobs = Array.from({ length: 50 }, () => call(scheduler, rowsOf(1, 1), { signal: controller.signal }));
  controller.abort();
  const results = await Promise.allSettled(jobs.map((job) => job.result));
  expect(results).toEqual(Array(50).fill({ status: 'rejected', reason: controller.signal.reason }));
  await settle();
  process.off('warning', listener);
  expect([warnings, engine.batches]).toEqual([[], []]);
});

test('fail rejects with any value, once, and not after the result', async () => {
  const { scheduler } = setUp();
  const failed = scheduler.open({ rows: 1 });
  failed.fail(undefined);
  failed.fail(new Error('too late'));
  await expect(failed.result).rejects.toBe(undefined);
  await expect(failed.add(PREFIX, rowsOf(1, 1))).rejects.toBe(undefined);
  const scored = call(scheduler, rowsOf(1, 1));
  await scored.result;
  scored.fail(new Error('too late'));
  expect((await scored.result).outputs.length).toBe(1);
});

test('nobody listening is no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown): number => unhandled.push(error);
  process.on('unhandledRejection', listener);
  const { scheduler } = setUp({ tokenBudget: 10 });
  const controller = new AbortController();
  call(scheduler, rowsOf(1, 200, 10), { signal: controller.signal });
  const failed = scheduler.open({ rows: 1 });
  failed.fail(new Error('no text'));
  void failed.add(PREFIX, rowsOf(1, 1));
  controller.abort();
  await settle();
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});
