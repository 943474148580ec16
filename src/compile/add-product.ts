import type { FloatRows } from '../model/float-rows.ts';

/** The matrices of a low-rank update, whole. */
export interface Factors {
  /** float32 [rank, columns]. */
  readonly down: Float32Array;
  /** float32 [all rows, rank]. */
  readonly up: Float32Array;
  readonly scaling: number;
}

/** Rows of `down` that are added in one pass. */
const UNROLLED = 4;

/** Adds `scaling * up @ down` to some rows of a matrix. Products are summed in float64, and rounded once. */
export function addProduct({ first, count, values }: FloatRows, { down, up, scaling }: Factors): void {
  const columns = values.length / count;
  const rank = down.length / columns;
  const sums = new Float64Array(columns);
  for (let row = 0; row < count; row++) {
    sums.fill(0);
    const factors = up.subarray((first + row) * rank, (first + row + 1) * rank);
    let at = 0;
    for (; at + UNROLLED <= rank; at += UNROLLED) addFour(sums, down, at * columns, factors, at);
    for (; at < rank; at++) addOne(sums, down, at * columns, factors[at] as number);
    const own = values.subarray(row * columns, (row + 1) * columns);
    for (let column = 0; column < columns; column++) {
      own[column] = (own[column] as number) + scaling * (sums[column] as number);
    }
  }
}

/** Four rows of `down` at once, so that each sum is read and written a quarter as often. */
function addFour(sums: Float64Array, down: Float32Array, start: number, factors: Float32Array, at: number): void {
  const columns = sums.length;
  const a = factors[at] as number;
  const b = factors[at + 1] as number;
  const c = factors[at + 2] as number;
  const d = factors[at + 3] as number;
  const [second, third, fourth] = [start + columns, start + 2 * columns, start + 3 * columns];
  for (let column = 0; column < columns; column++) {
    sums[column] =
      (sums[column] as number) +
      a * (down[start + column] as number) +
      b * (down[second + column] as number) +
      c * (down[third + column] as number) +
      d * (down[fourth + column] as number);
  }
}

function addOne(sums: Float64Array, down: Float32Array, start: number, factor: number): void {
  for (let column = 0; column < sums.length; column++) {
    sums[column] = (sums[column] as number) + factor * (down[start + column] as number);
  }
}
