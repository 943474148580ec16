/** As in the reference: what is shorter is not stretched to length 1. */
const SHORTEST = 1e-12;

/** The first `dimensions` numbers of a vector, brought to length 1, in memory of their own. */
export function unitVector(values: Float32Array, dimensions: number): Float32Array {
  const cut = values.slice(0, dimensions);
  // In float64: thousands of squares are added.
  const length = Math.sqrt(cut.reduce((sum, value) => sum + value * value, 0));
  return cut.map((value) => value / Math.max(length, SHORTEST));
}
