import { expect, test } from 'vitest';
import { call, PREFIX, rowsOf, setUp, tokens } from './support.ts';

// No clocks: what is quadratic here takes minutes, and runs into the time limit of the test.

test('a call of 100,000 rows, delivered one by one without waiting', async () => {
  const { scheduler } = setUp({ tokenBudget: 8192 });
  const job = scheduler.open({ rows: 100_000 });
  for (let slot = 0; slot < 100_000; slot++) void job.add(PREFIX, [{ slot, tokens: tokens(slot, 1 + (slot % 50)) }]);
  expect((await job.result).outputs.length).toBe(100_000);
}, 30_000);

test('20,000 calls of one row at once, each with a copy of one prefix', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 8192 });
  const jobs = Array.from({ length: 20_000 }, (_, id) =>
    call(scheduler, rowsOf(id, 1, 20), { prefix: tokens(5, 80), priority: id % 3 }),
  );
  await Promise.all(jobs.map((job) => job.result));
  expect(engine.batches.every((batch) => batch.prefixes.length === 1)).toBe(true);
  expect(engine.batches.length).toBe(Math.ceil(20_000 / Math.floor((8192 - 80) / 20)));
}, 30_000);
