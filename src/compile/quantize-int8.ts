/** The largest magnitude of an 8-bit weight: symmetric, so that -128 is left out. */
const LARGEST = 127;

/**
 * Rounds rows of weights to 8 bits with a scale for each row, so that the row's largest magnitude becomes 127. A row of
 * zeros, or one with values that are no numbers, gets the scale that shows it: 0, or NaN.
 * @param rows float32 [count, columns]
 * @param values int8 [count, columns], written
 * @param scales float32 [count], written
 */
export function quantizeInt8(rows: Float32Array, columns: number, values: Int8Array, scales: Float32Array): void {
  for (let row = 0; row < scales.length; row++) {
    const start = row * columns;
    let largest = 0;
    for (let at = start; at < start + columns; at++) {
      const magnitude = Math.abs(rows[at] as number);
      // Written so that a NaN stays.
      if (!(magnitude <= largest)) largest = magnitude;
    }
    scales[row] = largest / LARGEST;
    const inverse = largest === 0 ? 0 : LARGEST / largest;
    for (let at = start; at < start + columns; at++) values[at] = roundHalfAway((rows[at] as number) * inverse);
  }
}

/** The nearest integer; much faster than `Math.round` with its own rule for negative halves. */
function roundHalfAway(value: number): number {
  return value < 0 ? (value - 0.5) | 0 : (value + 0.5) | 0;
}
