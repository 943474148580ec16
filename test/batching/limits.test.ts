import { expect, test } from 'vitest';
import { BACKLOG_BUDGETS } from '../../src/batching/index.ts';
import { call, PREFIX, rowsOf, settle, setUp, stateOf, tokens } from './support.ts';

test('a huge call is not encoded far ahead of the engine, and does not lock up', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 100 });
  engine.hold();
  const job = scheduler.open({ rows: 400 });
  let delivered = 0;
  const encoding = (async () => {
    for (; delivered < 400; delivered += 10) {
      const rows = Array.from({ length: 10 }, (_, at) => ({ slot: delivered + at, tokens: tokens(1, 10) }));
      await job.add(PREFIX, rows);
      expect(scheduler.stats().queuedTokens).toBeLessThanOrEqual((BACKLOG_BUDGETS + 1) * 100);
    }
  })();
  await settle();
  // One chunk is running or waiting beyond the mark: the one whose `add` is held back.
  expect(delivered).toBeLessThan((BACKLOG_BUDGETS + 2) * 10);
  const before = delivered;
  await engine.step();
  await engine.step();
  expect(delivered).toBeGreaterThan(before);
  engine.release();
  await encoding;
  expect((await job.result).runs).toBeGreaterThan(40);
});

test('a row longer than the whole backlog does not lock up', async () => {
  const { scheduler } = setUp({ tokenBudget: 10 });
  const job = scheduler.open({ rows: 2 });
  await job.add(PREFIX, [{ slot: 0, tokens: tokens(1, 1000) }]);
  await job.add(PREFIX, [{ slot: 1, tokens: tokens(1, 1000) }]);
  expect((await job.result).runs).toBe(2);
});

test('one call does not hold back another', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 10 });
  engine.hold();
  const huge = scheduler.open({ rows: 100 });
  const heldBack = huge.add(PREFIX, rowsOf(1, 100, 10));
  const other = scheduler.open({ rows: 1 });
  await other.add(PREFIX, rowsOf(2, 1));
  expect(await stateOf(heldBack)).toBe('pending');
  engine.release();
  await Promise.all([huge.result, other.result, heldBack]);
});

test('refuses a call for which there is no room, and takes it later', async () => {
  const { engine, scheduler } = setUp({ maxQueuedDocuments: 10 });
  engine.hold();
  const first = call(scheduler, rowsOf(1, 4));
  const controller = new AbortController();
  const second = call(scheduler, rowsOf(1, 4), { signal: controller.signal });
  expect(() => scheduler.open({ rows: 3 })).toThrowError(
    expect.objectContaining({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/3 more documents 11 would be waiting, and maxQueuedDocuments is 10; wait for/),
    }),
  );
  expect(() => scheduler.open({ rows: 11 })).toThrowError(/split the call, or raise maxQueuedDocuments/);
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 8, openCalls: 2 });
  controller.abort();
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 4, openCalls: 1 });
  const third = call(scheduler, rowsOf(1, 6));
  engine.release();
  await Promise.all([first.result, third.result]);
  await expect(second.result).rejects.toBe(controller.signal.reason);
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 0, queuedTokens: 0, openCalls: 0, running: false });
});

test('stats follow a call', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 40 });
  engine.hold();
  const job = scheduler.open({ rows: 5 });
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 5, queuedTokens: 0, openCalls: 1, running: false });
  void job.add(PREFIX, rowsOf(1, 5, 10));
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 5, queuedTokens: 50, openCalls: 1, running: false });
  await settle();
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 5, queuedTokens: 20, openCalls: 1, running: true });
  await engine.step();
  expect(scheduler.stats()).toMatchObject({ queuedDocuments: 2, queuedTokens: 0, openCalls: 1, running: true });
  engine.release();
  await job.result;
});

test.each([
  ['a slot out of range', PREFIX, [{ slot: 2, tokens: tokens(1) }], /slot 2 is not one of the 2 rows/],
  ['a slot twice', PREFIX, rowsOf(1, 1).concat(rowsOf(1, 1)), /slot 0 was delivered twice/],
  ['a fractional slot', PREFIX, [{ slot: 0.5, tokens: tokens(1) }], /slot 0.5 is not one/],
  ['an empty row', PREFIX, [{ slot: 0, tokens: new Int32Array() }], /slot 0 has no tokens/],
])('%s fails the job', async (_, prefix, rows, message) => {
  const { scheduler } = setUp();
  const job = scheduler.open({ rows: 2 });
  const error = { code: 'INVALID_INPUT', message: expect.stringMatching(message) };
  await expect(job.add(prefix, rows)).rejects.toMatchObject(error);
  await expect(job.result).rejects.toMatchObject(error);
  expect(scheduler.stats().openCalls).toBe(0);
});

test('a row too many is refused after the job has resolved', async () => {
  const { scheduler } = setUp();
  const job = call(scheduler, rowsOf(1, 1));
  await job.result;
  await expect(job.add(PREFIX, rowsOf(1, 1))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await job.add(PREFIX, []);
  expect((await job.result).outputs.length).toBe(1);
});
