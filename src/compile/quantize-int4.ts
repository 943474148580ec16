/** Weights that share a scale: neighbours along a row. */
export const INT4_BLOCK = 32;

/** 4-bit values are stored as 0 to 15; this one means zero. */
const ZERO = 8;

/**
 * Rounds rows of weights to 4 bits with a scale for each block of {@link INT4_BLOCK}: the value of largest magnitude
 * becomes -8, the one end of the range, and the scale is then the best for the values that all were rounded to
 * (least squares). The last block of a row is filled up with zeros.
 * @param rows float32 [count, columns]
 * @param values uint8 [count, blocks, 16], written: two values a byte, the earlier in the lower half
 * @param scales float32 [count, blocks], written
 */
export function quantizeInt4(rows: Float32Array, columns: number, values: Uint8Array, scales: Float32Array): void {
  const blocks = Math.ceil(columns / INT4_BLOCK);
  const rounded = new Int32Array(INT4_BLOCK);
  for (let block = 0; block < scales.length; block++) {
    const start = Math.floor(block / blocks) * columns + (block % blocks) * INT4_BLOCK;
    const length = Math.min(INT4_BLOCK, columns - (block % blocks) * INT4_BLOCK);
    scales[block] = roundBlock(rows, start, length, rounded);
    const out = block * (INT4_BLOCK / 2);
    for (let pair = 0; pair < INT4_BLOCK / 2; pair++) {
      const low = (rounded[2 * pair] as number) + ZERO;
      const high = (rounded[2 * pair + 1] as number) + ZERO;
      values[out + pair] = low | (high << 4);
    }
  }
}

/** Writes -8 to 7 for each weight of a block, 0 beyond its end, and returns the scale. */
function roundBlock(rows: Float32Array, start: number, length: number, rounded: Int32Array): number {
  let extreme = 0;
  for (let at = start; at < start + length; at++) {
    const value = rows[at] as number;
    // Nothing is greater than a NaN: once there, it stays.
    if (Math.abs(value) > Math.abs(extreme) || Number.isNaN(value)) extreme = value;
  }
  rounded.fill(0, length);
  const inverse = extreme === 0 ? 0 : -ZERO / extreme;
  let products = 0;
  let squares = 0;
  for (let at = 0; at < length; at++) {
    const value = rows[start + at] as number;
    const nearest = Math.min(ZERO - 1, Math.floor(value * inverse + 0.5));
    rounded[at] = nearest;
    products += value * nearest;
    squares += nearest * nearest;
  }
  return squares === 0 ? extreme : products / squares;
}
