import { expect, test } from 'vitest';
import type { MicroBatch } from '../../src/engine/engine.ts';
import { PAGED, pageSize } from '../../src/graph/cuda/paged-inputs.ts';
import { packPaged } from '../../src/graph/cuda/paged-pack.ts';

const CONFIG = { headDim: 128, kvHeads: 2 };
const SIZE = pageSize(CONFIG.headDim);

function batchOf(
  prefixes: readonly number[],
  rows: readonly (readonly [prefix: number, length: number])[],
): MicroBatch {
  let next = 1;
  const list = (length: number) => Int32Array.from({ length }, () => next++);
  return { prefixes: prefixes.map(list), rows: rows.map(([prefix, length]) => ({ prefix, tokens: list(length) })) };
}

const BATCHES: Record<string, MicroBatch> = {
  'one pair': batchOf([3], [[0, 2]]),
  'many rows': batchOf(
    [85],
    [
      [0, 40],
      [0, 43],
      [0, 44],
      [0, 200],
      [0, 1],
    ],
  ),
  'prefixes that end with a page, before and behind one': batchOf(
    [128, 127, 129, 300],
    [
      [0, 5],
      [1, 5],
      [2, 5],
      [3, 5],
      [3, 128],
      [0, 1],
    ],
  ),
};

function pack(batch: MicroBatch) {
  const feeds = packPaged(batch, CONFIG);
  const get = (name: keyof typeof PAGED) => Array.from(feeds[PAGED[name]]?.data ?? [], Number);
  return { get, dims: (name: keyof typeof PAGED) => feeds[PAGED[name]]?.dims };
}

test.each(Object.entries(BATCHES))('%s: the pages of a sequence hold its prefix and itself', (_, batch) => {
  const { get, dims } = pack(batch);
  const [ids, slots, pages, starts, past] = [get('ids'), get('slots'), get('pages'), get('starts'), get('past')];
  const [count = 0, width = 0] = dims('pages') ?? [];
  const lists = [...batch.prefixes, ...batch.rows.map((row) => row.tokens)];
  expect(count).toBe(lists.length);
  for (const [index, list] of lists.entries()) {
    const prefix = batch.rows[index - batch.prefixes.length]?.prefix;
    const expected = [...(prefix === undefined ? [] : (batch.prefixes[prefix] ?? [])), ...list];
    const keys = expected.map((_, key) => {
      const page = pages[index * width + Math.floor(key / SIZE)] ?? 0;
      return ids[slots[page * SIZE + (key % SIZE)] ?? -1];
    });
    expect(keys).toEqual(expected);
    expect((past[index] ?? 0) + list.length).toBe(expected.length);
    expect(ids.slice(starts[index], starts[index + 1])).toEqual([...list]);
  }
});

test.each(Object.entries(BATCHES))(
  '%s: positions go on behind the prefix, and the last tokens are scored',
  (_, batch) => {
    const { get } = pack(batch);
    const [starts, past, positions] = [get('starts'), get('past'), get('positions')];
    for (const [index, first] of starts.slice(0, -1).entries()) {
      const length = (starts[index + 1] ?? 0) - first;
      const expected = Array.from({ length }, (_, at) => (past[index] ?? 0) + at);
      expect(positions.slice(first, first + length)).toEqual(expected);
    }
    const last = get('last').map((token) => get('ids')[token]);
    expect(last).toEqual(batch.rows.map((row) => row.tokens.at(-1)));
  },
);

test('whole pages of a prefix are shared, bounds are exact, no keys are written', () => {
  const { get } = pack(
    batchOf(
      [300],
      [
        [0, 100],
        [0, 50],
      ],
    ),
  );
  const pages = get('pages');
  const width = pages.length / 3;
  expect(pages.slice(width, width + 2)).toEqual(pages.slice(0, 2));
  expect(pages[width + 2]).not.toBe(pages[2]);
  expect(get('cacheShape')).toEqual([3 + 2 + 1, SIZE, 2, 128]);
  expect(get('bounds')).toEqual([300, 400]);
  expect(new Set(get('writes'))).toEqual(new Set([-1]));
});

test('an empty prefix is no sequence: rows of it see themselves only', () => {
  const rows = [
    [0, 5],
    [1, 3],
    [0, 2],
  ] as const;
  const { get } = pack(batchOf([0, 4], rows));
  expect(get('starts')).toEqual([0, 4, 9, 12, 14]);
  expect(get('past')).toEqual([0, 0, 4, 0]);
  expect(get('positions')).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 4, 4, 5, 6, 0, 1]);
  expect(get('last')).toEqual([8, 11, 13]);
});

test('a row that names no prefix', () => {
  expect(() => packPaged({ prefixes: [], rows: [{ prefix: 0, tokens: Int32Array.of(1) }] }, CONFIG)).toThrow(
    RangeError,
  );
});
