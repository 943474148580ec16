import { expect, test } from 'vitest';
import { call, PREFIX, rowsOf, settle, setUp, stateOf } from './support.ts';

test('idle: resolves, refuses calls, and may be repeated', async () => {
  const { scheduler } = setUp();
  await scheduler.dispose();
  await scheduler.dispose();
  expect(() => scheduler.open({ rows: 1 })).toThrowError(expect.objectContaining({ code: 'DISPOSED' }));
});

test('drains calls that wait and calls that still deliver', async () => {
  const { engine, scheduler } = setUp();
  const waiting = call(scheduler, rowsOf(1, 2));
  const open = scheduler.open({ rows: 2 });
  const disposal = scheduler.dispose();
  expect(() => scheduler.open({ rows: 1 })).toThrowError(/disposed/);
  await waiting.result;
  expect(await stateOf(disposal)).toBe('pending');
  await open.add(PREFIX, rowsOf(2, 2));
  await open.result;
  await disposal;
  expect(engine.running).toBe(0);
});

test('waits for a run whose call was aborted', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const controller = new AbortController();
  call(scheduler, rowsOf(1, 2), { signal: controller.signal });
  await settle();
  const disposal = scheduler.dispose();
  controller.abort();
  expect(await stateOf(disposal)).toBe('pending');
  engine.release();
  await disposal;
  expect(engine.running).toBe(0);
});

test('resolves when the last call fails', async () => {
  const { engine, scheduler } = setUp();
  engine.fault = () => new Error('broken');
  const jobs = [call(scheduler, rowsOf(1, 2)), scheduler.open({ rows: 1 })];
  const disposal = scheduler.dispose();
  jobs[1]?.fail(new Error('no text'));
  await disposal;
  await expect(jobs[0]?.result).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});
