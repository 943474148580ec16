import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PendingRows } from '../../src/batching/pending-rows.ts';
import { hashedPrefix } from '../../src/batching/prefix.ts';
import { tokens } from './support.ts';

const prefix = hashedPrefix(tokens(1));
const row = (slot: number, length: number) => ({ slot, tokens: tokens(1, length), prefix });
const lengths = (rows: PendingRows): number[] => [...rows.inOrder()].map(({ tokens }) => tokens.length);

function take(rows: PendingRows, count: number): number[] {
  const taken = [...rows.inOrder()].slice(0, count);
  rows.remove(taken);
  return taken.map(({ tokens }) => tokens.length);
}

test('from the longest down; rows of one length by slot', () => {
  const rows = new PendingRows();
  for (const [slot, length] of [3, 9, 3, 5].entries()) rows.add(row(slot, length));
  expect([...rows.inOrder()].map(({ slot }) => slot)).toEqual([1, 3, 0, 2]);
  expect([rows.size, rows.tokens]).toEqual([4, 20]);
});

test('prefix by prefix, so that micro-batches compute few of them', () => {
  const rows = new PendingRows();
  const other = hashedPrefix(tokens(2));
  for (const [slot, length] of [3, 9, 5].entries()) {
    rows.add(row(slot, length));
    rows.add({ ...row(10 + slot, length), prefix: other });
  }
  const order = [...rows.inOrder()];
  expect(order.slice(0, 3).map(({ tokens }) => tokens.length)).toEqual([9, 5, 3]);
  expect(new Set(order.slice(0, 3).map(({ prefix }) => prefix)).size).toBe(1);
  expect(rows.shortest).toBe(3);
  rows.remove(order.filter(({ tokens }) => tokens.length === 3));
  expect(rows.shortest).toBe(5);
});

test('a sweep goes on downwards when longer rows come, and takes them next time', () => {
  const rows = new PendingRows();
  for (const [slot, length] of [9, 7, 5, 3].entries()) rows.add(row(slot, length));
  expect(take(rows, 2)).toEqual([9, 7]);
  for (const [slot, length] of [8, 4, 9].entries()) rows.add(row(10 + slot, length));
  expect(lengths(rows)).toEqual([5, 4, 3, 9, 8]);
  expect(take(rows, 1)).toEqual([5]);
  expect(lengths(rows)).toEqual([4, 3, 9, 8]);
  expect(take(rows, 3)).toEqual([4, 3, 9]);
  expect(lengths(rows)).toEqual([8]);
});

test('a row that was passed over comes first next time', () => {
  const rows = new PendingRows();
  for (const [slot, length] of [9, 7, 5].entries()) rows.add(row(slot, length));
  rows.remove([...rows.inOrder()].filter(({ slot }) => slot !== 1));
  rows.add(row(4, 8));
  rows.add(row(5, 2));
  expect(lengths(rows)).toEqual([7, 2, 8]);
});

test('property: no row waits for more than two sweeps while new ones keep coming', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 60 }), (arrivals) => {
      const rows = new PendingRows();
      rows.add(row(1000, 10));
      let tops = 0; // How often the sweep went up again.
      let previous = Number.POSITIVE_INFINITY;
      for (const [slot, length] of arrivals.entries()) {
        rows.add(row(slot, length));
        const [first] = rows.inOrder();
        if (first === undefined) throw new Error('A row is missing.');
        rows.remove([first]);
        if (first.tokens.length > previous) tops++;
        previous = first.tokens.length;
        if (first.slot === 1000) return;
        expect(tops).toBeLessThanOrEqual(1);
      }
    }),
  );
});
