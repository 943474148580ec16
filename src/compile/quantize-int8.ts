/**
 * Bits of a weight. With 8 bits, ONNX Runtime's kernel is exact only on processors with instructions for it (VNNI, or
 * ARM's dot product): on others it adds pairs of products in 16 bits, where they saturate. With 7 bits they do not.
 */
export type WeightBits = 7 | 8;

/**
 * Rounds rows of weights with a scale for each row, so that the row's largest magnitude becomes 127 (8 bits) or 63 (7). A
 * row of zeros, or one with values that are no numbers, gets the scale that shows it: 0, or NaN.
 * @param rows float32 [count, columns]
 * @param values int8 [count, columns], written
 * @param scales float32 [count], written
 */
export function quantizeInt8(
  rows: Float32Array,
  columns: number,
  bits: WeightBits,
  values: Int8Array,
  scales: Float32Array,
): void {
  const most = 2 ** (bits - 1) - 1;
  for (let row = 0; row < scales.length; row++) {
    const start = row * columns;
    let largest = 0;
    for (let at = start; at < start + columns; at++) {
      const magnitude = Math.abs(rows[at] as number);
      // Nothing is greater than a NaN: once there, it stays.
      if (magnitude > largest || Number.isNaN(magnitude)) largest = magnitude;
    }
    scales[row] = largest / most;
    const inverse = largest === 0 ? 0 : most / largest;
    for (let at = start; at < start + columns; at++) values[at] = roundHalfAway((rows[at] as number) * inverse);
  }
}

/** The nearest integer; much faster than `Math.round` with its own rule for negative halves. */
function roundHalfAway(value: number): number {
  return value < 0 ? (value - 0.5) | 0 : (value + 0.5) | 0;
}
