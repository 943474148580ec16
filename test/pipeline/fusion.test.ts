import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reciprocalRankFusion } from '../../src/pipeline/index.ts';

describe('reciprocal rank fusion', () => {
  test('sums 1 / (60 + rank), whatever the scores were', () => {
    const fused = reciprocalRankFusion([
      ['a', 'b', 'c'],
      ['c', 'a'],
    ]);
    expect(fused).toEqual([
      { candidate: 'a', score: 1 / 61 + 1 / 62, ranks: [1, 2] },
      { candidate: 'c', score: 1 / 63 + 1 / 61, ranks: [3, 1] },
      { candidate: 'b', score: 1 / 62, ranks: [2, undefined] },
    ]);
  });

  test('keeps the first object of those with one id, and its first place', () => {
    const [x, y, again] = [
      { id: 1, from: 'x' },
      { id: 1, from: 'y' },
      { id: 2, from: 'y' },
    ];
    const fused = reciprocalRankFusion([[x], [again, y, y]]);
    expect(fused.map(({ candidate }) => candidate)).toEqual([x, again]);
    expect(fused[0]?.candidate).toBe(x);
    expect(fused[0]?.ranks).toEqual([1, 2]);
    const byText = reciprocalRankFusion([[{ key: 'k' }], [{ key: 'k' }]], { id: ({ key }) => key });
    expect(byText).toHaveLength(1);
    // Without ids objects are themselves only.
    expect(reciprocalRankFusion([[{ key: 'k' }], [{ key: 'k' }]])).toHaveLength(2);
  });

  test('weights and k', () => {
    const fused = reciprocalRankFusion([['a'], ['b']], { weights: [1, 3], k: 0 });
    expect(fused.map(({ candidate, score }) => [candidate, score])).toEqual([
      ['b', 3],
      ['a', 1],
    ]);
    expect(() => reciprocalRankFusion([['a']], { weights: [1, 2] })).toThrow(/2 weights for 1 rankings/);
    expect(() => reciprocalRankFusion([['a']], { weights: [-1] })).toThrow(/weights/);
    expect(() => reciprocalRankFusion([['a']], { k: 0.5 })).toThrow(/option k/);
  });

  test('has each candidate once, in order, and the same whatever the order of equal rankings', () => {
    const ranking = fc.uniqueArray(fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(fc.array(ranking, { maxLength: 4 }), (rankings) => {
        const fused = reciprocalRankFusion(rankings);
        expect(new Set(fused.map(({ candidate }) => candidate))).toEqual(new Set(rankings.flat()));
        expect(fused.length).toBe(new Set(rankings.flat()).size);
        for (const [at, { candidate, score, ranks }] of fused.entries()) {
          expect(score).toBeLessThanOrEqual(fused[at - 1]?.score ?? Number.POSITIVE_INFINITY);
          expect(ranks.map((rank) => rank ?? 0)).toEqual(rankings.map((each) => each.indexOf(candidate) + 1));
        }
        expect(reciprocalRankFusion(rankings.slice(0, 1)).map(({ candidate }) => candidate)).toEqual(rankings[0] ?? []);
      }),
    );
  });
});
