import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batching, divideIntoRuns } from '../../src/engine/onnx-export/batching.ts';
import { chooseBatching } from '../../src/engine/onnx-export/choose-batching.ts';
import { lengthOf, type WholeRow } from '../../src/engine/onnx-export/feeds.ts';

const MODES: readonly Batching[] = ['right', 'left', 'equal', 'alone'];

describe('division into runs', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 60 });

  it('has every row once, no run beyond the area, and rows of like length together', () => {
    fc.assert(
      fc.property(lengths, fc.constantFrom(...MODES), fc.integer({ min: 1, max: 3_000 }), (rows, batching, area) => {
        const runs = divideIntoRuns(rows, batching, area);
        expect(runs.flat().sort((a, b) => a - b)).toEqual([...rows.keys()]);
        for (const run of runs) {
          const own = run.map((row) => rows[row] ?? 0);
          const [longest, shortest] = [Math.max(...own), Math.min(...own)];
          if (run.length > 1) expect(run.length * longest).toBeLessThanOrEqual(area);
          if (batching === 'alone') expect(run).toHaveLength(1);
          if (batching === 'equal') expect(shortest).toBe(longest);
          expect(shortest >= 0.75 * longest || longest - shortest <= 16).toBe(true);
        }
      }),
    );
  });

  it('runs rows of one length together', () => {
    expect(divideIntoRuns([10, 10, 10, 10], 'equal', 20)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(divideIntoRuns([100, 10, 90, 12], 'right', 1_000)).toEqual([
      [0, 2],
      [3, 1],
    ]);
  });
});

describe('the way rows are run together', () => {
  const samples: WholeRow[] = [9, 4, 6].map((length) => ({
    prefix: Int32Array.of(1, 2),
    tokens: Int32Array.from({ length }, (_, at) => at + length),
  }));
  const own = ({ tokens }: WholeRow): number => tokens.reduce((sum, token) => sum + token, 0) / 10;
  const scores = (rows: readonly WholeRow[], change: (row: WholeRow) => number) =>
    Float32Array.from(rows, (row) => own(row) + change(row));
  const width = (rows: readonly WholeRow[]) => Math.max(...rows.map(lengthOf));
  const candidates = ['right', 'left', 'equal'] as const;

  it('is padding at the right, if that changes nothing', async () => {
    const run = async (rows: readonly WholeRow[]) => scores(rows, () => 0);
    expect(await chooseBatching(samples, { run, candidates, exact: true })).toBe('right');
  });

  it('is padding at the left, if the graph reads the last place', async () => {
    const run = async (rows: readonly WholeRow[], padding: 'left' | 'right') =>
      scores(rows, (row) => (padding === 'right' ? width(rows) - lengthOf(row) : 0));
    expect(await chooseBatching(samples, { run, candidates, exact: true })).toBe('left');
  });

  it('is rows of one length, if the graph knows no padding', async () => {
    const run = async (rows: readonly WholeRow[]) => scores(rows, (row) => width(rows) - lengthOf(row));
    expect(await chooseBatching(samples, { run, candidates, exact: true })).toBe('equal');
  });

  it('is each row alone, if rows change each other or the graph takes one only', async () => {
    const changed = async (rows: readonly WholeRow[]) => scores(rows, () => rows.length / 1_000);
    expect(await chooseBatching(samples, { run: changed, candidates, exact: true })).toBe('alone');
    const single = async (rows: readonly WholeRow[]) => {
      if (rows.length > 1) throw new Error('batch size is 1');
      return scores(rows, () => 0);
    };
    expect(await chooseBatching(samples, { run: single, candidates, exact: true })).toBe('alone');
    const nan = async (rows: readonly WholeRow[]) => scores(rows, () => Number.NaN);
    expect(await chooseBatching(samples, { run: nan, candidates, exact: true })).toBe('alone');
  });
});
