import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Scheduler } from '../../src/batching/index.ts';
import { RerankitError } from '../../src/errors.ts';
import { batchTokens, expectedLogit, FakeEngine, settle, tokens } from './support.ts';

const PREFIXES = [tokens(1, 5), tokens(1, 5), tokens(2, 9), tokens(3, 30)];

/** What happens to one call. Times are counted in turns of the event loop. */
const plan = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 25 }),
  prefixes: fc.array(fc.nat({ max: PREFIXES.length - 1 }), { minLength: 1, maxLength: 3 }),
  chunk: fc.integer({ min: 1, max: 9 }),
  priority: fc.integer({ min: -1, max: 1 }),
  delay: fc.nat({ max: 12 }),
  pause: fc.nat({ max: 2 }),
  backwards: fc.boolean(),
  awaits: fc.boolean(),
  abortAt: fc.option(fc.nat({ max: 25 })),
  failAt: fc.option(fc.nat({ max: 5 })),
  onSecond: fc.boolean(),
});
const traced = { model: 'fake', device: undefined };
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

const fault = fc.constantFrom('none', 'none', 'none', 'none', 'failed', 'crashed', 'foreign', 'nan', 'short');

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

let lanes = 0;

test('property: every row comes back once, in its slot, or its call rejects; neighbours and limits are kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { maxLength: 12 }),
      fc.array(fault, { maxLength: 12 }),
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 1, max: 20 }),
      async (plans, faults, tokenBudget, maxRows) => {
        const lane = `property:${lanes++}`;
        const engines = [new FakeEngine(), new FakeEngine()];
        const schedulers = engines.map(
          (engine) => new Scheduler({ engine, traced, lane, tokenBudget, maxRows, maxQueuedDocuments: 150 }),
        );
        const faulty = (at: number): string => faults[at] ?? 'none';
        const ids = new Set<number>();
        const runs: { readonly ids: Set<number>; readonly calls: Set<number>; readonly fault: string }[] = [];
        // Collected, as an engine's error would only be another fault to the scheduler.
        const violations: string[] = [];
        const demand = (condition: boolean, what: string): unknown => condition || violations.push(what);
        for (const engine of engines) {
          engine.fault = (batch, run) => {
            const { rows, prefixes } = batch;
            demand(engines.reduce((sum, { running }) => sum + running, 0) === 1, 'one run at a time on a lane');
            demand(rows.length > 0 && rows.length <= maxRows, 'from 1 to maxRows rows');
            demand(rows.length === 1 || batchTokens(batch) <= tokenBudget, 'within the token budget');
            demand(new Set(rows.map((row) => row.prefix)).size === prefixes.length, 'every prefix is used');
            demand(new Set(prefixes.map(String)).size === prefixes.length, 'no prefix twice');
            const ids = rows.map((row) => row.tokens[0] ?? -1);
            demand(new Set(ids).size === ids.length, 'no row twice');
            runs.push({
              ids: new Set(ids),
              calls: new Set(ids.map((id) => Math.floor(id / 100) - 10)),
              fault: faulty(run),
            });
            switch (faulty(run)) {
              case 'failed':
                return new RerankitError('ENGINE_FAILED', 'failed');
              case 'crashed':
                return new RerankitError('ENGINE_CRASHED', 'crashed');
              case 'foreign':
                return new TypeError('foreign');
              case 'nan':
                return (logits) => logits.with(0, Number.NaN);
              case 'short':
                return (logits) => logits.subarray(1);
              default:
                return undefined;
            }
          };
        }
        const calls = plans.map((one, index) => play(one, index, schedulers, ids));
        const outcomes = await Promise.all(calls);
        await Promise.all(schedulers.map((scheduler) => scheduler.dispose()));
        await settle();

        for (const { stats } of schedulers.map((scheduler) => ({ stats: scheduler.stats() }))) {
          expect(stats).toMatchObject({ queuedDocuments: 0, queuedTokens: 0, openCalls: 0, running: false });
        }
        expect(violations).toEqual([]);
        for (const id of ids) expect(runs.filter((run) => run.ids.has(id)).length).toBeLessThanOrEqual(2);
        for (const [index, outcome] of outcomes.entries()) {
          const { abortAt, failAt } = plans[index] as Plan;
          if (outcome === 'resolved') continue;
          if (outcome === 'aborted') expect(abortAt).not.toBe(null);
          else if (outcome === 'gave up') expect(failAt).not.toBe(null);
          else if (RerankitError.isInstance(outcome, 'QUEUE_FULL')) continue;
          else {
            expect(['ENGINE_FAILED', 'ENGINE_CRASHED']).toContain((outcome as RerankitError).code);
            // It failed for a run of its own, or one whose fault cannot be pinned down.
            const blame = runs.filter(({ calls, fault }) => calls.has(index) && fault !== 'none');
            expect(blame.some(({ calls, fault }) => calls.size === 1 || !/failed|foreign/.test(fault))).toBe(true);
          }
        }
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);

/** Plays a call through, and checks its logits. */
async function play(one: Plan, index: number, schedulers: readonly Scheduler[], ids: Set<number>): Promise<unknown> {
  await turns(one.delay);
  const controller = new AbortController();
  const scheduler = schedulers[one.onSecond ? 1 : 0] as Scheduler;
  const rows = one.lengths.map((length, slot) => {
    // Each row can be told from all others by its first token.
    const id = 1000 + index * 100 + slot;
    ids.add(id);
    const prefix = PREFIXES[one.prefixes[slot % one.prefixes.length] ?? 0] as Int32Array;
    return { slot, tokens: tokens(id, length), prefix };
  });
  try {
    const job = scheduler.open({ rows: rows.length, priority: one.priority, signal: controller.signal });
    if (one.abortAt !== null) void turns(one.abortAt).then(() => controller.abort('aborted'));
    const order = one.backwards ? rows.toReversed() : rows;
    const deliver = async (): Promise<void> => {
      for (let at = 0; at < order.length; at += one.chunk) {
        if (one.failAt === at / one.chunk) job.fail('gave up');
        for (const prefix of PREFIXES) {
          const chunk = order.slice(at, at + one.chunk).filter((row) => row.prefix === prefix);
          if (chunk.length === 0) continue;
          const added = job.add(prefix, chunk);
          if (one.awaits) await added;
        }
        await turns(one.pause);
      }
    };
    void deliver().catch(() => {}); // `result` rejects for the same reason.
    const { outputs, computedTokens } = await job.result;
    expect([...outputs]).toEqual(rows.map((row) => expectedLogit(row.prefix, row.tokens)));
    expect(computedTokens).toBeGreaterThanOrEqual(rows.reduce((sum, row) => sum + row.tokens.length, 0));
    return 'resolved';
  } catch (error) {
    if (error instanceof Error && !RerankitError.isInstance(error)) throw error;
    return error;
  }
}

test('property: without faults the calls of a scheduler pay for just what the engine computed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { maxLength: 10 }),
      fc.integer({ min: 20, max: 200 }),
      async (plans, tokenBudget) => {
        const engine = new FakeEngine();
        const scheduler = new Scheduler({
          traced,
          engine,
          lane: `property:${lanes++}`,
          tokenBudget,
          maxQueuedDocuments: 1000,
        });
        const jobs = plans.map((one) => {
          const job = scheduler.open({ rows: one.lengths.length, priority: one.priority });
          for (const [slot, length] of one.lengths.entries()) {
            void job.add(PREFIXES[one.prefixes[0] ?? 0] as Int32Array, [{ slot, tokens: tokens(slot, length) }]);
          }
          return job;
        });
        const results = await Promise.all(jobs.map((job) => job.result));
        const computed = engine.batches.reduce((sum, batch) => sum + batchTokens(batch), 0);
        expect(results.reduce((sum, result) => sum + result.computedTokens, 0)).toBe(computed);
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);
