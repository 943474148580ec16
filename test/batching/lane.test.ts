import { expect, test, vi } from 'vitest';
import { runLane } from '../../src/batching/lane.ts';
import { call, PREFIX, rowsOf, setUp } from './support.ts';

test('one lane for each key', () => {
  expect(runLane('lane-a')).toBe(runLane('lane-a'));
  expect(runLane('lane-a')).not.toBe(runLane('lane-b'));
  expect(runLane('lane-a').concurrency).toBe(1);
});

test('another copy of the module finds the same lanes', async () => {
  const lane = runLane('lane-c');
  vi.resetModules();
  const copy = await import('../../src/batching/lane.ts');
  expect(copy.runLane).not.toBe(runLane);
  expect(copy.runLane('lane-c')).toBe(lane);
});

test('two schedulers on one lane take turns and never run together', async () => {
  const lane = 'shared';
  const one = setUp({ lane, tokenBudget: 30 });
  const two = setUp({ lane, tokenBudget: 30 });
  const order: string[] = [];
  let together = 0;
  for (const [name, { engine }] of [['one', one] as const, ['two', two] as const]) {
    engine.onStart = () => {
      order.push(name);
      if (one.engine.running + two.engine.running > 1) together++;
    };
  }
  // Five runs of two rows each.
  const jobs = [one, two].map(({ scheduler }) => call(scheduler, rowsOf(1, 10, 10)));
  await Promise.all(jobs.map((job) => job.result));
  expect(order.join(' ')).toBe('one two one two one two one two one two');
  expect(together).toBe(0);
});

test('schedulers on different lanes do not wait for each other', async () => {
  const one = setUp();
  const two = setUp();
  one.engine.hold();
  const held = call(one.scheduler, rowsOf(1, 1));
  await call(two.scheduler, rowsOf(1, 1)).result;
  one.engine.release();
  await held.result;
});

test('a ticket has the priority of its most urgent row, also after that row has left', async () => {
  const lane = 'priorities';
  const [blocker, one, two] = [setUp({ lane }), setUp({ lane }), setUp({ lane })];
  const order: string[] = [];
  one.engine.onStart = () => order.push('one');
  two.engine.onStart = () => order.push('two');
  const block = async (): Promise<void> => {
    blocker.engine.hold();
    call(blocker.scheduler, rowsOf(1, 1), { priority: 9 });
    await vi.waitUntil(() => blocker.engine.running === 1);
  };
  const queued = (): Promise<unknown> => vi.waitUntil(() => runLane(lane).size === 2);

  await block();
  const first = [call(one.scheduler, rowsOf(1, 1)), call(two.scheduler, rowsOf(1, 1))];
  await queued();
  first.push(call(two.scheduler, rowsOf(1, 1), { priority: 3 }));
  blocker.engine.release();
  await Promise.all(first.map((job) => job.result));
  expect(order.splice(0)).toEqual(['two', 'one']);

  await block();
  const urgent = new AbortController();
  const second = [call(one.scheduler, rowsOf(1, 1)), call(two.scheduler, rowsOf(1, 1))];
  call(two.scheduler, rowsOf(1, 1), { priority: 3, signal: urgent.signal });
  await queued();
  urgent.abort();
  blocker.engine.release();
  await Promise.all(second.map((job) => job.result));
  expect(order).toEqual(['one', 'two']);
});

test('a ticket whose rows have all left does not run, and later rows use it', async () => {
  const lane = 'lapsed';
  const blocker = setUp({ lane });
  const { engine, scheduler } = setUp({ lane });
  blocker.engine.hold();
  call(blocker.scheduler, rowsOf(1, 1));
  await vi.waitUntil(() => blocker.engine.running === 1);
  const controller = new AbortController();
  call(scheduler, rowsOf(1, 3), { signal: controller.signal, priority: 5 });
  await vi.waitUntil(() => runLane(lane).size === 1);
  controller.abort();
  const job = scheduler.open({ rows: 1, priority: 1 });
  void job.add(PREFIX, rowsOf(2, 1));
  expect(runLane(lane).sizeBy({ priority: 1 })).toBe(1);
  blocker.engine.release();
  await job.result;
  expect(engine.ids).toEqual([[2]]);
});
