import { expect, test } from 'vitest';
import type { MicroBatch } from '../../../src/engine/engine.ts';
import { HalvingRunner, isOutOfMemory } from '../../../src/engine/onnx/cuda/halving.ts';

const MEMORY = 'CUDA failure 2: out of memory ; GPU=0';
const tokens = (length: number, value: number) => new Int32Array(length).fill(value);

/** A GPU that fits `room` tokens; a logit is the sum of a prefix's and a row's first tokens. */
function gpu(room: number) {
  const runs: number[] = [];
  const run = async ({ prefixes, rows }: MicroBatch) => {
    const size = [...prefixes, ...rows.map((row) => row.tokens)].reduce((sum, list) => sum + list.length, 0);
    runs.push(size);
    if (size > room) throw new Error(MEMORY);
    return Float32Array.from(rows, (row) => (prefixes[row.prefix]?.[0] ?? Number.NaN) + (row.tokens[0] ?? Number.NaN));
  };
  return { runner: new HalvingRunner(run), runs };
}

const batch: MicroBatch = {
  prefixes: [tokens(5, 100), tokens(5, 200)],
  rows: Array.from({ length: 8 }, (_, row) => ({ prefix: row % 2, tokens: tokens(10, row) })),
};
const logits = [100, 201, 102, 203, 104, 205, 106, 207];

test('what fits runs once', async () => {
  const { runner, runs } = gpu(90);
  expect([...(await runner.run(batch))]).toEqual(logits);
  expect(runs).toEqual([90]);
});

test('what does not fit runs in halves, each row with its own prefix, in order', async () => {
  const { runner, runs } = gpu(30);
  expect([...(await runner.run(batch))]).toEqual(logits);
  expect(runs.filter((size) => size <= 30)).toHaveLength(4);
});

test('rows may have several numbers each', async () => {
  const runner = new HalvingRunner(async ({ rows }) => {
    if (rows.length > 3) throw new Error(MEMORY);
    return Float32Array.from(rows.flatMap(({ tokens: [first = 0] }) => [first, -first]));
  });
  expect([...(await runner.run(batch))]).toEqual(logits.flatMap((_, row) => [row, -row]));
});

test('a size that has failed is not tried again', async () => {
  const { runner, runs } = gpu(60);
  await runner.run(batch);
  expect(runner.limit).toBe(89);
  runs.length = 0;
  await runner.run(batch);
  expect(runs).toEqual([50, 50]);
});

test('a single row that does not fit is an error, and so is any other failure', async () => {
  await expect(gpu(9).runner.run(batch)).rejects.toThrow(MEMORY);
  let runs = 0;
  const broken = new HalvingRunner(async () => {
    runs++;
    throw new Error('CUDA failure 700: an illegal memory access was encountered');
  });
  await expect(broken.run(batch)).rejects.toThrow('illegal memory access');
  expect(runs).toBe(1);
});

test('the messages of a full memory', () => {
  const allocator = 'bfc_arena.cc:359 Failed to allocate memory for requested buffer of size 1073741824';
  expect(
    [MEMORY, allocator, 'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED'].map((m) => isOutOfMemory(new Error(m))),
  ).toEqual([true, true, true]);
  expect(isOutOfMemory(new Error('CUDA failure 700: an illegal memory access was encountered'))).toBe(false);
});
