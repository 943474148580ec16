import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INT4_BLOCK, quantizeInt4 } from '../../src/compile/quantize-int4.ts';
import { quantizeInt8, type WeightBits } from '../../src/compile/quantize-int8.ts';
import { transpose } from '../../src/compile/transpose.ts';

/** Rows of weights: mostly ordinary ones, some of zeros, some with values far above the rest, some tiny. */
const matrices = fc
  .record({
    columns: fc.oneof(fc.constantFrom(1, 31, 32, 33, 64, 90), fc.integer({ min: 1, max: 130 })),
    scales: fc.array(fc.constantFrom(0, 1e-30, 1e-6, 0.02, 1, 3e4), { minLength: 1, maxLength: 5 }),
    seed: fc.integer(),
    outliers: fc.boolean(),
  })
  .map(({ columns, scales, seed, outliers }) => {
    const random = generator(seed);
    const rows = scales.flatMap((scale) =>
      Array.from({ length: columns }, () => scale * (2 * random() - 1) * (outliers && random() < 0.03 ? 50 : 1)),
    );
    return { columns, count: scales.length, rows: Float32Array.from(rows) };
  });

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const magnitude = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe.each<WeightBits>([7, 8])('rounding to int8 of %i bits', (bits) => {
  const most = 2 ** (bits - 1) - 1;
  const round = ({ rows, columns, count }: { rows: Float32Array; columns: number; count: number }) => {
    const values = new Int8Array(rows.length);
    const scales = new Float32Array(count);
    quantizeInt8(rows, columns, bits, values, scales);
    return { values, scales };
  };

  it('errs by half a step of the row at most, and uses the whole range', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { values, scales } = round(matrix);
        for (const [row, scale] of scales.entries()) {
          const part = matrix.rows.subarray(row * matrix.columns, (row + 1) * matrix.columns);
          const rounded = values.subarray(row * matrix.columns, (row + 1) * matrix.columns);
          const largest = magnitude(part);
          expect(Math.abs(scale - largest / most)).toBeLessThanOrEqual(1e-6 * scale);
          expect(Math.max(...rounded.map(Math.abs))).toBe(largest === 0 ? 0 : most);
          for (const [column, value] of part.entries()) {
            const back = (rounded[column] ?? Number.NaN) * scale;
            expect(Math.abs(value - back)).toBeLessThanOrEqual(0.5 * scale + 1e-6 * largest);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a row of zeros', () => {
    expect(round({ rows: new Float32Array(40), columns: 20, count: 2 })).toEqual({
      values: new Int8Array(40),
      scales: new Float32Array(2),
    });
  });

  it.each([0, 1, 6])('shows a value that is no number, at place %i of 7, in the scale of its row only', (place) => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const rows = Float32Array.from({ length: 21 }, (_, at) => Math.sin(at + 1));
      rows[7 + place] = wrong;
      const { scales } = round({ rows, columns: 7, count: 3 });
      expect([...scales].map(Number.isFinite)).toEqual([true, false, true]);
      if (Number.isNaN(wrong)) expect(scales[1]).toBeNaN();
    }
  });
});

describe('rounding to int4', () => {
  const round = ({ rows, columns, count }: { rows: Float32Array; columns: number; count: number }) => {
    const blocks = Math.ceil(columns / INT4_BLOCK);
    const values = new Uint8Array((count * blocks * INT4_BLOCK) / 2).fill(255);
    const scales = new Float32Array(count * blocks).fill(Number.NaN);
    quantizeInt4(rows, columns, values, scales);
    return { blocks, values, scales };
  };
  /** As `MatMulNBits` defines it: blocks of 32 a row, the earlier of two values in a byte's lower half, 8 for zero. */
  const integer = (values: Uint8Array, blocks: number, row: number, column: number) => {
    const nibble = row * blocks * INT4_BLOCK + column;
    const byte = values[nibble >> 1] ?? Number.NaN;
    return (nibble % 2 === 0 ? byte % 16 : Math.floor(byte / 16)) - 8;
  };

  it('errs, over a block, no more than plain rounding to steps of an eighth of its largest value', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { columns, count, rows } = matrix;
        const { blocks, values, scales } = round(matrix);
        for (let row = 0; row < count; row++) {
          for (let block = 0; block < blocks; block++) {
            const [from, to] = [block * INT4_BLOCK, Math.min(columns, (block + 1) * INT4_BLOCK)];
            const part = rows.subarray(row * columns + from, row * columns + to);
            const largest = magnitude(part);
            const step = largest / 8;
            // The sign of the largest value decides which end of -8 to 7 is the longer one.
            const extreme = part.find((value) => Math.abs(value) === largest) ?? 0;
            const scale = scales[row * blocks + block] ?? Number.NaN;
            let squares = 0;
            let plain = 0;
            let slope = 0;
            for (const [at, value] of part.entries()) {
              const back = integer(values, blocks, row, from + at) * scale;
              squares += (value - back) ** 2;
              slope += (value - back) * integer(values, blocks, row, from + at);
              const steps =
                step === 0 ? 0 : Math.max(-8, Math.min(7, Math.round((value / step) * -Math.sign(extreme))));
              plain += (value - steps * -Math.sign(extreme) * step) ** 2;
              expect(Math.abs(value - back)).toBeLessThanOrEqual(1.2 * step + 1e-6 * largest);
            }
            // No other scale would do better for the same integers.
            expect(Math.abs(slope)).toBeLessThanOrEqual(1e-4 * largest);
            expect(squares).toBeLessThanOrEqual(plain * (1 + 1e-4) + 1e-8 * largest ** 2);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives back what is a multiple of a step', () => {
    const steps = Array.from({ length: 2 * 48 }, (_, at) => ((at * 5) % 16) - 8);
    const rows = Float32Array.from(steps, (value) => value * 0.25);
    const { blocks, values, scales } = round({ rows, columns: 48, count: 2 });
    expect(blocks).toBe(2);
    for (const [at, value] of rows.entries()) {
      const [row, column] = [Math.floor(at / 48), at % 48];
      const scale = scales[row * blocks + Math.floor(column / INT4_BLOCK)] ?? Number.NaN;
      expect(integer(values, blocks, row, column) * scale).toBeCloseTo(value, 6);
    }
  });

  it('fills the last block of a row with zeros', () => {
    const { blocks, values, scales } = round({ rows: new Float32Array(2 * 33).fill(-1), columns: 33, count: 2 });
    expect(blocks).toBe(2);
    for (const row of [0, 1]) {
      for (let column = 33; column < 64; column++) expect(integer(values, blocks, row, column)).toBe(0);
    }
    expect([...scales]).toEqual(Array(4).fill(0.125));
  });

  it('keeps blocks of zeros', () => {
    const { values, scales } = round({ rows: new Float32Array(64), columns: 64, count: 1 });
    expect([...scales]).toEqual([0, 0]);
    expect([...values]).toEqual(Array(32).fill(0x88));
  });

  it.each([32, 40, 63])(
    'shows a value that is no number, at place %i of 96, in the scale of its block only',
    (place) => {
      for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const rows = Float32Array.from({ length: 96 }, (_, at) => Math.sin(at + 1));
        rows[place] = wrong;
        const { scales } = round({ rows, columns: 96, count: 1 });
        expect([...scales].map(Number.isFinite)).toEqual([true, false, true]);
      }
    },
  );
});

describe('transpose', () => {
  it('moves row r, column c to row c, column r', () => {
    const sizes = fc.oneof(fc.constantFrom(1, 63, 64, 65, 128), fc.integer({ min: 1, max: 150 }));
    fc.assert(
      fc.property(sizes, sizes, (rows, columns) => {
        const value = (row: number, column: number) => ((row * 31 + column * 7) % 251) - 125;
        const values = Int8Array.from({ length: rows * columns }, (_, at) =>
          value(Math.floor(at / columns), at % columns),
        );
        const moved = transpose(values, rows, columns);
        expect(moved).toHaveLength(values.length);
        expect(moved.every((found, at) => found === value(at % rows, Math.floor(at / rows)))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
