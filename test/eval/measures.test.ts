import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateRun } from '../../src/eval/evaluate-run.ts';
import { parseMeasure } from '../../src/eval/measures.ts';
import { compareIds, cutRun, rankedIds } from '../../src/eval/order.ts';

type Nested = Record<string, Record<string, number>>;
interface Values {
  readonly means: Record<string, number>;
  readonly values: Nested;
}
interface Reference {
  readonly cases: { qrels: Nested; run: Nested; level1: Values; level2: Values }[];
}
const { cases }: Reference = JSON.parse(readFileSync(new URL('./reference.json', import.meta.url), 'utf8'));
const maps = (nested: Nested): Map<string, Map<string, number>> =>
  new Map(Object.entries(nested).map(([name, own]) => [name, new Map(Object.entries(own))]));

describe('values equal those of ir-measures', () => {
  test.each(cases.map((each, at) => ({ at, ...each })))('case $at', ({ qrels, run, ...expected }) => {
    for (const [relevanceLevel, { means, values }] of [expected.level1, expected.level2].entries()) {
      const measures = Object.keys(means);
      const found = evaluateRun(maps(qrels), maps(run), { measures, relevanceLevel: relevanceLevel + 1 });
      for (const measure of measures) {
        expect(found.means.get(measure), measure).toBeCloseTo(means[measure] ?? Number.NaN, 12);
        expect([...(found.values.get(measure)?.keys() ?? [])].sort()).toEqual(Object.keys(qrels).sort());
        for (const [query, value] of found.values.get(measure) ?? []) {
          expect(value, `${measure} of ${query}`).toBeCloseTo(values[measure]?.[query] ?? Number.NaN, 12);
        }
      }
    }
  });
});

describe('measures', () => {
  test.each([
    ['ndcg@10', 'nDCG@10'],
    ['RR@10', 'MRR@10'],
    ['ap', 'MAP'],
    ['R@100', 'recall@100'],
    ['P@5', 'precision@5'],
    ['mrr', 'MRR'],
  ])('%s is %s', (name, expected) => expect(parseMeasure(name).name).toBe(expected));

  test.each([
    'nDCG@0',
    'nDCG@-1',
    'recall',
    'P',
    'F1',
    '',
    'nDCG@10 ',
    '__proto__',
    'constructor',
    `nDCG@${'9'.repeat(20)}`,
  ])('%j is refused', (name) => expect(() => parseMeasure(name)).toThrow(/is no measure; measures are/));

  test('no judgements, no queries: zero', () => {
    expect(Object.fromEntries(evaluateRun(new Map(), new Map()).means)).toEqual({
      'nDCG@10': 0,
      'MRR@10': 0,
      MAP: 0,
      'recall@100': 0,
    });
  });

  test('lie between 0 and 1, and the ideal ranking has 1', () => {
    const grades = fc.dictionary(fc.string(), fc.integer({ min: -2, max: 4 }), { minKeys: 1, noNullPrototype: true });
    fc.assert(
      fc.property(grades, fc.dictionary(fc.string(), fc.double({ noNaN: true })), (judged, scores) => {
        const qrels = maps({ q: judged });
        const measures = ['nDCG@3', 'nDCG', 'MRR@3', 'MAP', 'recall@3', 'precision@3'];
        for (const value of evaluateRun(qrels, maps({ q: scores }), { measures }).means.values()) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
        }
        const relevant = Object.values(judged).some((grade) => grade > 0);
        for (const value of evaluateRun(qrels, qrels, { measures: ['nDCG', 'MRR', 'MAP'] }).means.values()) {
          expect(value).toBeCloseTo(relevant ? 1 : 0, 12);
        }
      }),
    );
  });
});

describe('order', () => {
  test('ids compare as their UTF-8 bytes do', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareIds(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test('equal scores are ordered by id', () => {
    const scores = new Map([
      ['a', 1],
      ['c', 1],
      ['b', 2],
      ['\u{1f600}', 1],
      ['\ufffd', 1],
    ]);
    expect(rankedIds(scores)).toEqual(['b', '\u{1f600}', '\ufffd', 'c', 'a']);
    expect(rankedIds(scores, 'msmarco')).toEqual(['b', 'a', 'c', '\ufffd', '\u{1f600}']);
    expect([
      ...(cutRun(new Map([['q', scores]]), 2)
        .get('q')
        ?.keys() ?? []),
    ]).toEqual(['b', '\u{1f600}']);
  });
});
