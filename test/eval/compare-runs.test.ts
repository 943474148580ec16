import { describe, expect, test } from 'vitest';
import { compareRuns, comparisonMarkdown, comparisonSvg } from '../../src/eval/index.ts';

const ids = Array.from({ length: 40 }, (_, at) => `q${at}`);
const qrels = new Map(ids.map((query) => [query, new Map([['right', 1]])]));
/** The right document at a place for each query. */
const runWith = (place: (at: number) => number) =>
  new Map(
    ids.map((query, at) => {
      const own = place(at);
      return [
        query,
        new Map([
          ['right', -own],
          ...[1, 2, 3, 4].filter((n) => n !== own).map((n): [string, number] => [`d${n}`, -n]),
        ]),
      ];
    }),
  );
const hostile = '<b>|`x`\u0000\u001b[31m & "é"';
const systems = [
  { name: 'BM25', run: runWith((at) => 1 + (at % 3)) },
  {
    name: hostile,
    run: runWith((at) => 1 + (at % 10 === 0 ? 1 : 0)),
    milliseconds: new Map(ids.map((id, at) => [id, at + 1])),
  },
  { name: 'worse', run: runWith((at) => 2 + (at % 3)) },
];

describe('comparing', () => {
  const comparison = compareRuns(qrels, systems, { measures: ['MRR@10', 'P@1'] });

  test('gives means, differences from the baseline, times, and all pairs', () => {
    const [bm25, better, worse] = comparison.systems;
    expect(comparison).toMatchObject({ queries: 40, baseline: 'BM25', measures: ['MRR@10', 'precision@1'] });
    expect(bm25?.measures[0]).not.toHaveProperty('versusBaseline');
    expect(bm25).not.toHaveProperty('time');
    expect(better?.measures[0]?.mean).toBeCloseTo(0.95, 12);
    expect(better?.measures[0]?.versusBaseline).toMatchObject({ better: 25, worse: 2 });
    expect(better?.measures[0]?.versusBaseline?.p).toBeLessThan(0.001);
    expect(better?.time).toEqual({ meanMs: 20.5, p50Ms: 20, p95Ms: 38 });
    expect(worse?.measures[0]?.versusBaseline?.difference).toBeLessThan(0);
    expect(comparison.pairs.map(({ a, b }) => [a, b])).toEqual([
      ['BM25', hostile],
      ['BM25', 'worse'],
      [hostile, 'worse'],
    ]);
    const { low = 0, mean = 0, high = 0 } = better?.measures[0] ?? {};
    expect(mean - low).toBeCloseTo(high - mean, 12);
    expect(compareRuns(qrels, systems, { measures: ['MRR@10', 'P@1'] })).toEqual(comparison);
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison);
  });

  test('takes any system as baseline, and refuses names that are none or twice there', () => {
    expect(compareRuns(qrels, systems, { baseline: 'worse' }).systems[2]?.measures[0]).not.toHaveProperty(
      'versusBaseline',
    );
    expect(() => compareRuns(qrels, systems, { baseline: 'x' })).toThrow(
      /baseline of compareRuns is "x"; the systems are BM25/,
    );
    expect(() => compareRuns(qrels, [...systems, ...systems])).toThrow(/Two systems are called "BM25"/);
    expect(() => compareRuns(qrels, [])).toThrow(/at least one/);
  });

  test('names mean nothing to Markdown', () => {
    const markdown = comparisonMarkdown(comparison);
    expect(markdown).toContain('| \\<b\\>\\|\\`x\\` \\[31m \\& "é" | 0.9500 |');
    expect(markdown.split('\n')[0]).toBe(
      '|  | MRR@10 | precision@1 | MRR@10 against BM25 | p | better / worse | time a query |',
    );
    expect(markdown.match(/^\|/gm)).toHaveLength(5 + 5);
  });

  test('nor to the picture, whose bars are as long as the values', () => {
    const svg = comparisonSvg(comparison);
    expect(svg).toContain('&lt;b&gt;|`x` [31m &amp; &quot;é&quot;');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has none
    expect(svg).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const widths = [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
    const [first = 0, second = 0] = widths;
    expect(widths).toHaveLength(3);
    expect(second / first).toBeCloseTo(0.95 / (comparison.systems[0]?.measures[0]?.mean ?? 0), 2);
  });
});
