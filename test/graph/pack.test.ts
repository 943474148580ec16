import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MicroBatch } from '../../src/engine/engine.ts';
import { blocksOf, groupBlocks, type Sequence } from '../../src/graph/group.ts';
import { type Feeds, packMicroBatch } from '../../src/graph/pack.ts';
import { ALL_TOKENS, type GroupInputs, INPUT, LAST_TOKENS } from '../../src/graph/ragged-inputs.ts';

// Mostly short, some longer than a block of queries.
const lengths = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) }, fc.integer({ min: 200, max: 600 }));
const maxArea = fc.integer({ min: 1, max: 300_000 });
const batches = fc
  .record({
    // Rows that share nothing have an empty one.
    prefixes: fc.array(fc.oneof({ weight: 4, arbitrary: lengths }, fc.constant(0)), { minLength: 1, maxLength: 4 }),
    rows: fc.array(fc.tuple(fc.nat(3), lengths), { minLength: 1, maxLength: 12 }),
  })
  .map(({ prefixes, rows }): MicroBatch => {
    let token = 0;
    const tokens = (length: number) => Int32Array.from({ length }, () => token++);
    return {
      prefixes: prefixes.map(tokens),
      rows: rows.map(([prefix, length]) => ({ prefix: prefix % prefixes.length, tokens: tokens(length) })),
    };
  });

/** What each query sees, read back from the inputs the way the graph's operators read them. */
function visibleKeys(feeds: Feeds, names: GroupInputs): Map<number, number[]> {
  const list = (name: string) => Array.from(feeds[name]?.data ?? [], Number);
  const [queries, keys, keyLengths, shapes, keyShapes] = [
    list(names.queryIndex),
    list(names.keyIndex),
    list(names.keyLengths),
    list(names.queryShapes),
    list(names.keyShapes),
  ];
  const outputs = new Map(list(names.order).map((at, output) => [at, output]));
  const seen = new Map<number, number[]>();
  let query = 0;
  let key = 0;
  let block = 0;
  for (let group = 0; group < list(names.querySizes).length; group++) {
    const [blocks = 0, size = 0, width = 0] = [shapes[2 * group], shapes[2 * group + 1], keyShapes[2 * group + 1]];
    for (let row = 0; row < blocks; row++, block++, key += width) {
      for (let s = 0; s < size; s++, query++) {
        const output = outputs.get(query);
        if (output === undefined) continue; // padding
        expect(queries[query]).toBe(output);
        expect(seen.has(output)).toBe(false);
        seen.set(output, keys.slice(key, key + s + (keyLengths[block] ?? 0) - size + 1));
      }
    }
  }
  expect(query).toBe(queries.length);
  expect(key).toBe(keys.length);
  return seen;
}

describe('packMicroBatch', () => {
  test('every token sees its prefix and what came before it, and nothing else', () => {
    fc.assert(
      fc.property(batches, maxArea, (batch, area) => {
        const feeds = packMicroBatch(batch, area);
        const ids = Array.from(feeds[INPUT.ids]?.data ?? [], Number);
        const positions = Array.from(feeds[INPUT.positions]?.data ?? [], Number);
        const seen = visibleKeys(feeds, ALL_TOKENS);
        expect(seen.size).toBe(ids.length);
        const expected = new Map<number, number[]>();
        for (const prefix of batch.prefixes)
          prefix.forEach((id, at) => void expected.set(id, [...prefix.slice(0, at + 1)]));
        for (const { prefix, tokens } of batch.rows) {
          const before = batch.prefixes[prefix] ?? [];
          tokens.forEach((id, at) => void expected.set(id, [...before, ...tokens.slice(0, at + 1)]));
        }
        for (const [token, keys] of seen) {
          const context = keys.map((key) => ids[key]);
          expect(context.join()).toBe(expected.get(ids[token] ?? -1)?.join());
          expect(positions[token]).toBe(context.length - 1);
        }
        const last = Array.from(feeds[INPUT.last]?.data ?? [], Number);
        const scored = visibleKeys(feeds, LAST_TOKENS);
        batch.rows.forEach(({ tokens }, row) => {
          expect(ids[last[row] ?? -1]).toBe(tokens.at(-1));
          expect(scored.get(row)?.map((key) => ids[key])).toEqual(expected.get(tokens.at(-1) ?? -1));
        });
      }),
      { numRuns: 40 },
    );
  });

  test('attention over 32,768 tokens stays within its budget', () => {
    const area = Math.floor((128 * 2 ** 20) / (16 * 4)); // 128 MiB of float32 scores, 16 heads
    const row = { prefix: 0, tokens: new Int32Array(32_768) };
    const feeds = packMicroBatch({ prefixes: [new Int32Array(80)], rows: [row] }, area);
    const [queries, keys] = [feeds[ALL_TOKENS.queryShapes]?.data ?? [], feeds[ALL_TOKENS.keyShapes]?.data ?? []];
    expect(queries.length).toBeGreaterThan(100);
    for (let at = 0; at < queries.length; at += 2) {
      expect(Number(queries[at]) * Number(queries[at + 1]) * Number(keys[at + 1])).toBeLessThanOrEqual(area);
    }
  });

  test('a row of an unknown prefix is refused', () => {
    expect(() =>
      packMicroBatch({ prefixes: [Int32Array.of(1)], rows: [{ prefix: 1, tokens: Int32Array.of(2) }] }, 1),
    ).toThrow(/Row 0 names prefix 1 of 1/);
  });
});

describe('groups', () => {
  test('hold every block once, within the area, and waste little', () => {
    const sequences = fc.array(
      fc
        .tuple(lengths, fc.nat(200))
        .map(([length, prefixLength]): Sequence => ({ start: 0, length, prefixStart: 0, prefixLength })),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(sequences, maxArea, (sequences, area) => {
        const blocks = blocksOf(sequences, area);
        const groups = groupBlocks(blocks, area);
        expect(new Set(groups.flatMap((group) => group.blocks))).toEqual(new Set(blocks));
        expect(groups.flatMap((group) => group.blocks)).toHaveLength(blocks.length);
        for (const { blocks, queries, keys } of groups) {
          const rectangle = blocks.length * queries * keys;
          const used = blocks.reduce((sum, { from, to, keys }) => sum + (to - from) * keys, 0);
          if (blocks.length > 1) expect(rectangle).toBeLessThanOrEqual(area);
          expect(rectangle).toBeLessThanOrEqual(Math.max(used, used * 1.15 + 4096));
        }
      }),
    );
  });
});
