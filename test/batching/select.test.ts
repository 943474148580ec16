import { expect, test } from 'vitest';
import type { PendingRow } from '../../src/batching/pending-rows.ts';
import { hashedPrefix } from '../../src/batching/prefix.ts';
import { type Contender, type Selection, select } from '../../src/batching/select.ts';
import { tokens } from './support.ts';

const prefix = hashedPrefix(tokens(1, 10));

function contender(name: string, lengths: number[], parts: Partial<Contender & { prefix: typeof prefix }> = {}) {
  const rows: PendingRow[] = lengths.map((length, slot) => ({
    slot,
    tokens: tokens(2, length),
    prefix: parts.prefix ?? prefix,
  }));
  return {
    name,
    priority: 0,
    tag: 0,
    order: 0,
    alone: false,
    shortest: Math.min(...lengths),
    rows: () => rows,
    ...parts,
  };
}

function shown(selection: Selection<{ readonly name: string }>): string {
  return selection.rows.map(({ job, row }) => `${job.name}${row.tokens.length}`).join(' ');
}

const limits = { tokenBudget: 100, maxRows: 10 };

test('nothing from nothing', () => {
  expect(select([], limits)).toMatchObject({ rows: [], tokens: 0, prefixes: [] });
});

test('fills the budget, prefixes included, and passes over what does not fit', () => {
  const selection = select([contender('a', [50, 45, 40, 1])], limits);
  expect(shown(selection)).toBe('a50 a40');
  expect(selection.tokens).toBe(100);
});

test('the first row always fits, and then stands alone', () => {
  expect(shown(select([contender('a', [500, 1])], limits))).toBe('a500');
});

test('counts rows too', () => {
  expect(select([contender('a', Array(50).fill(1))], limits).rows.length).toBe(10);
});

test('higher priority first, then the lowest tag, then the order of arrival', () => {
  const jobs = [
    contender('late', [20], { order: 2 }),
    contender('served', [20], { order: 0, tag: 5 }),
    contender('early', [20], { order: 1 }),
    contender('urgent', [20], { order: 3, tag: 1000, priority: 1 }),
  ];
  expect(shown(select(jobs, limits))).toBe('urgent20 early20 late20 served20');
});

test('jobs of equal tags take turns of an eighth of the budget', () => {
  const jobs = ['a', 'b'].map((name, order) => contender(name, Array(20).fill(4), { order }));
  // The first turn of a is shorter by the prefix that it pays for.
  expect(shown(select(jobs, { tokenBudget: 66, maxRows: 100 }))).toBe('a4 b4 b4 b4 b4 b4 b4 a4 a4 a4 b4 b4 b4 a4');
});

test('a job pays for a prefix that it is the first to use', () => {
  const other = hashedPrefix(tokens(3, 7));
  const jobs = [
    contender('a', [5]),
    contender('b', [6], { order: 1 }),
    contender('c', [4], { order: 2, prefix: other }),
  ];
  const { shares, prefixes, rows } = select(jobs, limits);
  expect([...shares.values()].map((share) => share.tokens)).toEqual([15, 6, 11]);
  expect(prefixes).toEqual([prefix.tokens, other.tokens]);
  expect(rows.map((row) => row.prefix)).toEqual([0, 0, 1]);
});

test('a job that must run alone does, in full, when it comes first, and waits otherwise', () => {
  const suspect = contender('s', [10, 10, 10], { alone: true, order: 1 });
  expect(shown(select([suspect, contender('a', [10], { order: 2 })], limits))).toBe('s10 s10 s10');
  expect(shown(select([suspect, contender('a', [10], { order: 0 })], limits))).toBe('a10');
});
