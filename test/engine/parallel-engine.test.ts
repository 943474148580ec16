import { expect, test } from 'vitest';
import type { Engine, MicroBatch } from '../../src/engine/engine.ts';
import { ParallelEngine } from '../../src/engine/parallel-engine.ts';

/** Scores a row by its prefix's and its own first token. */
function engine(failure?: Error) {
  const batches: MicroBatch[] = [];
  const made: Engine & { disposed: number; batches: MicroBatch[] } = {
    batches,
    disposed: 0,
    async run(batch) {
      batches.push(batch);
      if (failure !== undefined) throw failure;
      return Float32Array.from(
        batch.rows,
        ({ prefix, tokens }) => (batch.prefixes[prefix]?.[0] ?? 0) + (tokens[0] ?? 0),
      );
    },
    async dispose() {
      made.disposed++;
    },
  };
  return made;
}

const row = (prefix: number, length: number, value: number) => ({ prefix, tokens: new Int32Array(length).fill(value) });
const prefixes = [Int32Array.of(100), Int32Array.of(200)];

test('rows are divided by tokens, with the prefixes they need, and come back in order', async () => {
  const engines = [engine(), engine()];
  const parallel = new ParallelEngine(engines);
  const rows = [row(0, 10, 1), row(1, 1000, 2), row(0, 400, 3), row(0, 590, 4)];
  expect([...(await parallel.run({ prefixes, rows }))]).toEqual([101, 202, 103, 104]);
  expect(engines.map(({ batches }) => batches.map(({ rows }) => rows.length))).toEqual([[1], [3]]);
  expect(engines[0]?.batches[0]?.prefixes).toEqual([prefixes[1]]);
});

test('rows may have several numbers each', async () => {
  const engines = [1, 2].map((): Engine => {
    const { run, dispose } = engine();
    return { run: async (batch) => Float32Array.from([...(await run(batch))].flatMap((one) => [one, -one])), dispose };
  });
  const rows = [row(0, 10, 1), row(1, 1000, 2), row(0, 400, 3)];
  expect([...(await new ParallelEngine(engines).run({ prefixes, rows }))]).toEqual([101, -101, 202, -202, 103, -103]);
});

test('fewer rows than engines', async () => {
  const engines = [engine(), engine(), engine()];
  expect([...(await new ParallelEngine(engines).run({ prefixes, rows: [row(1, 5, 7)] }))]).toEqual([207]);
  expect(engines.map(({ batches }) => batches.length)).toEqual([1, 0, 0]);
});

test("one's failure is the whole run's, and all are disposed", async () => {
  const engines = [engine(), engine(new Error('broken'))];
  const parallel = new ParallelEngine(engines);
  await expect(parallel.run({ prefixes, rows: [row(0, 1, 1), row(0, 1, 2)] })).rejects.toThrow('broken');
  await parallel.dispose();
  expect(engines.map(({ disposed }) => disposed)).toEqual([1, 1]);
});
