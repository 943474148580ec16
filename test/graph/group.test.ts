import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, blocksOf, COST, type Group, groupBlocks, type Sequence } from '../../src/graph/group.ts';

const sequences = fc.array(
  fc
    .tuple(
      fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 700 })),
      fc.constantFrom(0, 0, 30, 150),
    )
    .map(([length, prefixLength]): Sequence => ({ start: 0, length, prefixStart: 0, prefixLength })),
  { minLength: 1, maxLength: 24 },
);
const maxArea = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 50_000, max: 2_000_000 }));

/** What groups cost: pairs, and a start, queries and keys counted in pairs. */
function cost(groups: readonly Pick<Group, 'blocks' | 'queries' | 'keys'>[]): number {
  return groups.reduce((sum, { blocks, queries, keys }) => {
    const count = blocks.length;
    return sum + COST.rectangle + count * (queries * keys + COST.query * queries + COST.key * keys);
  }, 0);
}

/** Blocks as one rectangle. */
function together(blocks: readonly Block[]): Group {
  return {
    blocks,
    queries: Math.max(...blocks.map(({ from, to }) => to - from)),
    keys: Math.max(...blocks.map(({ keys }) => keys)),
  };
}

const areaOf = ({ blocks, queries, keys }: Group) => blocks.length * queries * keys;

describe('groupBlocks', () => {
  test('takes each block once, in rectangles that hold them and keep to the area', () => {
    fc.assert(
      fc.property(sequences, maxArea, (all, area) => {
        const blocks = blocksOf(all, area);
        const groups = groupBlocks(blocks, area);
        const grouped = groups.flatMap((group) => group.blocks);
        expect(grouped).toHaveLength(blocks.length);
        expect(new Set(grouped)).toEqual(new Set(blocks));
        for (const group of groups) {
          expect(group).toEqual(together(group.blocks));
          if (group.blocks.length > 1) expect(areaOf(group)).toBeLessThanOrEqual(area);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('costs no more than a rectangle for each block, one for all, or any cut in two', () => {
    fc.assert(
      fc.property(sequences, maxArea, (all, area) => {
        const blocks = blocksOf(all, area);
        const found = cost(groupBlocks(blocks, area));
        const sorted = blocks.toSorted((a, b) => a.keys - b.keys || a.to - a.from - (b.to - b.from));
        const others = [
          blocks.map((block) => together([block])),
          ...Array.from(sorted, (_, cut) =>
            [sorted.slice(0, cut), sorted.slice(cut)].filter((part) => part.length > 0).map(together),
          ),
        ].filter((groups) => groups.every((group) => group.blocks.length === 1 || areaOf(group) <= area));
        expect(found).toBeLessThanOrEqual(Math.min(...others.map(cost)) * (1 + 1e-12));
      }),
      { numRuns: 30 },
    );
  });

  test('is the best of all partitions into neighbours', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(60)), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 500, max: 40_000 }),
        (all, area) => {
          const blocks = blocksOf(
            all.map(([length, prefixLength]) => ({ start: 0, length, prefixStart: 0, prefixLength })),
            area,
          );
          fc.pre(blocks.length <= 10);
          const sorted = blocks.toSorted((a, b) => a.keys - b.keys || a.to - a.from - (b.to - b.from));
          let best = Number.POSITIVE_INFINITY;
          // Each bit says whether a group ends behind a block.
          for (let ends = 0; ends < 2 ** (sorted.length - 1); ends++) {
            const groups: Block[][] = [[]];
            for (const [at, block] of sorted.entries()) {
              groups.at(-1)?.push(block);
              if (at < sorted.length - 1 && (ends >> at) & 1) groups.push([]);
            }
            const rectangles = groups.map(together);
            if (rectangles.every((group) => group.blocks.length === 1 || areaOf(group) <= area)) {
              best = Math.min(best, cost(rectangles));
            }
          }
          expect(cost(groupBlocks(blocks, area))).toBeCloseTo(best, 3);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of nothing is nothing', () => {
    expect(groupBlocks([], 100)).toEqual([]);
  });

  test('like lengths share a rectangle, unlike ones do not', () => {
    const of = (length: number): Sequence => ({ start: 0, length, prefixStart: 0, prefixLength: 0 });
    const groups = groupBlocks(blocksOf([of(20), of(250), of(21), of(19), of(250), of(20)], 1e6), 1e6);
    expect(groups.map(({ blocks }) => blocks.length)).toEqual([4, 2]);
  });
});

describe('blocksOf', () => {
  test('covers each sequence once, in blocks that see all before their end', () => {
    fc.assert(
      fc.property(sequences, maxArea, (all, area) => {
        for (const sequence of all) {
          const blocks = blocksOf([sequence], area);
          let next = 0;
          for (const { from, to, keys } of blocks) {
            expect(from).toBe(next);
            expect(to).toBeGreaterThan(from);
            expect(to - from).toBeLessThanOrEqual(256);
            expect(keys).toBe(sequence.prefixLength + to);
            if (to - from > 1) expect((to - from) * keys).toBeLessThanOrEqual(area);
            next = to;
          }
          expect(next).toBe(sequence.length);
        }
      }),
      { numRuns: 30 },
    );
  });
});
