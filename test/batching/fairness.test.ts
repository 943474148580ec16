import fc from 'fast-check';
import { expect, test } from 'vitest';
import { call, PREFIX, rowsOf, settle, setUp, tokens } from './support.ts';

// Micro-batches are counted, never timed: the engine is stepped by hand.

test.each([1, 2, 3, 10])(
  'a small call that comes while %i huge ones run is served in the next micro-batch',
  async (n) => {
    const { engine, scheduler } = setUp();
    engine.hold();
    const huge = Array.from({ length: n }, (_, id) => call(scheduler, rowsOf(id, 2000, 50)));
    for (let run = 0; run < 7; run++) await engine.step();
    for (let round = 0; round < 5; round++) {
      const small = call(scheduler, rowsOf(100 + round, 5, 20));
      const before = engine.batches.length;
      await engine.step();
      await engine.step();
      expect(engine.ids[before]?.filter((id) => id === 100 + round).length).toBe(5);
      await small.result;
      // And the room that it leaves is used.
      expect(engine.ids[before]?.length).toBeGreaterThan(18);
    }
    engine.release();
    await Promise.all(huge.map((job) => job.result));
  },
);

test('a huge call goes on under a steady stream of small ones that could fill the engine', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const huge = call(scheduler, rowsOf(0, 100, 90));
  await settle();
  const small = [];
  let runs = 0;
  // Each round brings as many tokens as a micro-batch holds.
  for (; engine.ids.flat().filter((id) => id === 0).length < 100; runs++) {
    if (runs > 1000) throw new Error('The huge call starves.');
    small.push(call(scheduler, rowsOf(1, 11, 90)));
    await engine.step();
  }
  engine.release();
  await Promise.all([huge, ...small].map((job) => job.result));
  // By itself the huge call needs 10 runs; with 1, 2, 3, … small ones waiting its share shrinks as theirs does.
  expect(runs).toBeLessThan(100);
});

test('two huge calls advance side by side', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const jobs = [0, 1].map((id) => call(scheduler, rowsOf(id, 300, 20)));
  for (let run = 0; run < 10; run++) {
    await engine.step();
    const served = [0, 1].map((id) => engine.ids.flat().filter((other) => other === id).length * 20);
    expect(Math.abs((served[0] ?? 0) - (served[1] ?? 0))).toBeLessThanOrEqual(1000 / 8 + 20);
  }
  engine.release();
  await Promise.all(jobs.map((job) => job.result));
});

test('a call that was slow to deliver gathers no credit', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const slow = scheduler.open({ rows: 200 });
  void slow.add(PREFIX, [{ slot: 0, tokens: tokens(0, 50) }]);
  const quick = call(scheduler, rowsOf(1, 200, 50));
  for (let run = 0; run < 4; run++) await engine.step();
  void slow.add(PREFIX, rowsOf(0, 200, 50).slice(1));
  const before = engine.batches.length;
  for (let run = 0; run < 4; run++) await engine.step();
  const served = engine.ids.slice(before, before + 4).flat();
  // It has the head start of one run, and half of the rest.
  expect(served.filter((id) => id === 1).length).toBeGreaterThan(served.length / 4);
  engine.release();
  await Promise.all([slow.result, quick.result]);
});

test('higher priorities go first; the room they leave goes to lower ones', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 110 });
  engine.hold();
  const first = call(scheduler, rowsOf(9, 1));
  await settle();
  const jobs = [0, 2, 1].map((priority) => call(scheduler, rowsOf(priority, 6, 20), { priority }));
  for (let run = 0; run < 5; run++) await engine.step();
  expect(engine.ids.slice(1)).toEqual([
    [2, 2, 2, 2, 2],
    [2, 1, 1, 1, 1],
    [1, 1, 0, 0, 0],
    [0, 0, 0],
  ]);
  engine.release();
  await Promise.all([first, ...jobs].map((job) => job.result));
});

test('a priority that had to wait owes its newcomers nothing', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const low = call(scheduler, rowsOf(0, 60, 90));
  await engine.step();
  const high = call(scheduler, rowsOf(2, 60, 90), { priority: 1 });
  for (let run = 0; run < 5; run++) await engine.step();
  high.fail(new Error('enough'));
  const newcomer = call(scheduler, rowsOf(1, 2, 90));
  const before = engine.batches.length;
  await engine.step();
  await engine.step();
  expect(engine.ids[before]?.filter((id) => id === 1).length).toBe(2);
  engine.release();
  await Promise.all([low.result, newcomer.result]);
});

test('property: a call no larger than its fair share is done in the micro-batch after it came', async () => {
  const many = fc.array(fc.integer({ min: 5, max: 60 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(many, fc.integer({ min: 0, max: 9 }), async (sizes, steps) => {
      const { engine, scheduler } = setUp();
      engine.hold();
      const huge = sizes.map((length, id) => call(scheduler, rowsOf(id, Math.ceil(15_000 / length), length)));
      for (let run = 0; run < steps; run++) await engine.step();
      await settle();
      const share = (1000 - PREFIX.length) / (sizes.length + 1);
      const small = call(scheduler, rowsOf(100, 3, Math.floor(share / 3) - 1));
      const before = engine.batches.length;
      await engine.step();
      await engine.step();
      expect(engine.ids[before]?.filter((id) => id === 100).length).toBe(3);
      for (const job of huge) job.fail(new Error('enough'));
      engine.release();
      await small.result;
    }),
    { numRuns: 20 },
  );
});
