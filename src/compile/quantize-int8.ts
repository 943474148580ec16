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
    // Loops without branches over a row of its own: several times as fast as what comes first to mind.
    const from = rows.subarray(row * columns, (row + 1) * columns);
    const to = values.subarray(row * columns, (row + 1) * columns);
    let largest = 0;
    // A NaN stays, and shows in the scale.
    for (let at = 0; at < columns; at++) largest = Math.max(largest, Math.abs(from[at] as number));
    scales[row] = largest / most;
    const inverse = largest === 0 ? 0 : most / largest;
    // Positive before it is cut off, so that it is rounded down.
    for (let at = 0; at < columns; at++) to[at] = (((from[at] as number) * inverse + 128.5) | 0) - 128;
  }
}
