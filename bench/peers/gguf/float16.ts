const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The bits of the nearest float16, ties to even; what is too large becomes the largest. */
export function float16Bits(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7fffff;
  if (exponent < -25) return sign;
  if (exponent > 15) return sign | 0x7bff;
  // A subnormal number loses one bit more for each power of two below 2^-14.
  const drop = exponent >= -14 ? 13 : -1 - exponent;
  const exact = exponent >= -14 ? ((exponent + 15) << 23) | fraction : fraction | 0x800000;
  const half = exact >>> drop;
  const rest = exact & ((1 << drop) - 1);
  const middle = 1 << (drop - 1);
  return sign | Math.min(0x7bff, half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0));
}
