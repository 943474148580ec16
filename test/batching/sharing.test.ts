import { expect, test } from 'vitest';
import type { RunInfo } from '../../src/batching/index.ts';
import { call, expectedLogit, PREFIX, rowsOf, settle, setUp, tokens } from './support.ts';

test('logits come back by slot, whatever the order of delivery', async () => {
  const { scheduler } = setUp({ tokenBudget: 25 });
  const job = scheduler.open({ rows: 6 });
  const [other] = [tokens(8, 4)];
  await job.add(
    PREFIX,
    [5, 1, 3].map((slot) => ({ slot, tokens: tokens(100 + slot, 1 + slot) })),
  );
  await job.add(
    other,
    [0, 4, 2].map((slot) => ({ slot, tokens: tokens(100 + slot, 1 + slot) })),
  );
  const { outputs } = await job.result;
  expect([...outputs]).toEqual(
    [0, 1, 2, 3, 4, 5].map((slot) => expectedLogit(slot % 2 ? PREFIX : other, tokens(100 + slot, 1 + slot))),
  );
});

test('rows may have several numbers each, and no prefix', async () => {
  const { engine, scheduler } = setUp({ width: 3, tokenBudget: 25 });
  engine.fault = () => (logits) =>
    Float32Array.from({ length: 3 * logits.length }, (_, at) => logits[Math.floor(at / 3)] ?? 0);
  const none = new Int32Array();
  const rows = [0, 1, 2, 3].map((slot) => ({ slot, tokens: tokens(slot, 10) }));
  const { outputs, computedTokens } = await call(scheduler, rows, { prefix: none }).result;
  expect([...outputs]).toEqual(rows.flatMap((row) => Array(3).fill(expectedLogit(none, row.tokens))));
  expect(computedTokens).toBe(40);
  expect(engine.batches.map((batch) => batch.rows.length)).toEqual([2, 2]);
});

test('rows may be told of as they come, instead of being collected', async () => {
  const { scheduler } = setUp({ tokenBudget: 25 });
  const seen = new Map<number, number[]>();
  const onOutput = (slot: number, output: Float32Array) => void seen.set(slot, [...output]);
  const rows = [0, 1, 2].map((slot) => ({ slot, tokens: tokens(slot, 10) }));
  const { outputs } = await call(scheduler, rows, { onOutput }).result;
  expect(outputs).toHaveLength(0);
  expect([...seen].sort()).toEqual(rows.map(({ slot, tokens }) => [slot, [expectedLogit(PREFIX, tokens)]]));
});

test('calls made together share one run, and equal prefixes are computed once', async () => {
  const runs: RunInfo[] = [];
  const { engine, scheduler } = setUp({ onRun: (info) => runs.push(info) });
  // Same object, equal copy, different query.
  const prefixes = [PREFIX, PREFIX.slice(), tokens(8, 5)];
  const jobs = prefixes.map((prefix, id) => call(scheduler, rowsOf(id, 2, 3), { prefix }));
  const results = await Promise.all(jobs.map((job) => job.result));
  expect(engine.batches.length).toBe(1);
  expect(engine.batches[0]?.prefixes.map((prefix) => prefix.length)).toEqual([10, 5]);
  expect(results.map((result) => result.computedTokens)).toEqual([16, 6, 11]);
  expect(results.map((result) => result.runs)).toEqual([1, 1, 1]);
  expect(runs).toEqual([{ rows: 6, tokens: 33, prefixTokens: 15, calls: 3, milliseconds: expect.any(Number) }]);
});

test('prefixes of one hash but different tokens stay apart', async () => {
  const { engine, scheduler } = setUp();
  // FNV-1a of one token x is (offset ^ x) * prime: find two two-token sequences that meet.
  const [offset, prime] = [0x811c9dc5, 0x01000193];
  const inner = (token: number): number => Math.imul(offset ^ token, prime);
  const a = Int32Array.of(1, 5);
  const b = Int32Array.of(2, inner(2) ^ inner(1) ^ 5);
  const jobs = [a, b].map((prefix) => call(scheduler, rowsOf(3, 1), { prefix }));
  const results = await Promise.all(jobs.map((job) => job.result));
  expect(engine.batches[0]?.prefixes).toEqual([a, b]);
  expect(results.map(({ outputs }) => outputs[0])).toEqual([a, b].map((prefix) => expectedLogit(prefix, tokens(3))));
});

test('an idle scheduler waits for calls that were opened with it', async () => {
  const { engine, scheduler } = setUp();
  const jobs = Array.from({ length: 20 }, () => scheduler.open({ rows: 2 }));
  for (const [id, job] of jobs.entries()) {
    void job.add(PREFIX, [{ slot: 0, tokens: tokens(id) }]);
    await Promise.resolve();
  }
  for (const [id, job] of jobs.entries()) void job.add(PREFIX, [{ slot: 1, tokens: tokens(id) }]);
  await Promise.all(jobs.map((job) => job.result));
  expect(engine.batches.length).toBe(1);
});

test('also for a call that opened last in the same turn of the event loop, and delivers later', async () => {
  const { engine, scheduler } = setUp();
  const first = call(scheduler, rowsOf(1, 1));
  const second = scheduler.open({ rows: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(engine.batches.length).toBe(0);
  void second.add(PREFIX, rowsOf(2, 1));
  await Promise.all([first.result, second.result]);
  expect(engine.ids).toEqual([[1, 2]]);
});

test('but not for ever: a call that never delivers does not hold the others back', async () => {
  const { engine, scheduler } = setUp();
  const silent = scheduler.open({ rows: 1 });
  await call(scheduler, rowsOf(1, 1)).result;
  expect(engine.batches.length).toBe(1);
  silent.fail(new Error('no text'));
});

test('nor when there is a full micro-batch to run, or the silent call has left', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 20 });
  engine.hold();
  const silent = scheduler.open({ rows: 1 });
  call(scheduler, rowsOf(1, 3, 10));
  await settle();
  expect(engine.running).toBe(1);
  engine.release();

  const other = setUp();
  other.engine.hold();
  const leaving = other.scheduler.open({ rows: 1 });
  call(other.scheduler, rowsOf(1, 1));
  leaving.fail(new Error('no text'));
  await settle();
  expect(other.engine.running).toBe(1);
  other.engine.release();
  silent.fail(new Error('no text'));
});

test('rows that come while the engine is at work share the next run, which starts at once', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const first = call(scheduler, rowsOf(1, 1));
  await settle();
  const silent = scheduler.open({ rows: 1 });
  const late = [2, 3, 4].map((id) => call(scheduler, rowsOf(id, 1)));
  await engine.step();
  expect(engine.ids).toEqual([[1], [2, 3, 4]]);
  engine.release();
  await Promise.all([first, ...late].map((job) => job.result));
  silent.fail(new Error('no text'));
});

test('rows of similar length run together', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 210 });
  const lengths = [10, 90, 50, 10, 90, 50, 10, 10, 90, 50, 90, 50];
  const job = call(
    scheduler,
    lengths.map((length, slot) => ({ slot, tokens: tokens(slot, length) })),
  );
  await job.result;
  const batches = engine.batches.map((batch) => batch.rows.map((row) => row.tokens.length));
  expect(batches).toEqual([
    [90, 90, 10, 10],
    [90, 90, 10, 10],
    [50, 50, 50, 50],
  ]);
});

test('a row above the token budget runs alone', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 50 });
  const job = call(
    scheduler,
    [5, 200, 5].map((length, slot) => ({ slot, tokens: tokens(slot, length) })),
  );
  await job.result;
  expect(engine.ids).toEqual([[1], [0, 2]]);
});

test('maxRows bounds a micro-batch', async () => {
  const { engine, scheduler } = setUp({ maxRows: 4 });
  await call(scheduler, rowsOf(1, 10)).result;
  expect(engine.batches.map((batch) => batch.rows.length)).toEqual([4, 4, 2]);
});

test('a call of no rows resolves at once', async () => {
  const { engine, scheduler } = setUp();
  const { outputs, computedTokens, runs } = await scheduler.open({ rows: 0 }).result;
  expect([outputs.length, computedTokens, runs, engine.batches.length]).toEqual([0, 0, 0, 0]);
  expect(scheduler.stats().openCalls).toBe(0);
});

test('what onRun throws becomes a warning', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error): number => warnings.push(warning);
  process.on('warning', listener);
  const { scheduler } = setUp({
    onRun: () => {
      throw new Error('observer is broken');
    },
  });
  await call(scheduler, rowsOf(1, 1)).result;
  await settle();
  process.off('warning', listener);
  expect(warnings.map((warning) => warning.message)).toEqual(['observer is broken']);
});
