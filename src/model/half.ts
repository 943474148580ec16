/**
 * 16-bit floating point to float32. Every such value has an exact float32, so nothing is rounded. Values travel as bit
 * patterns: a NaN keeps its payload's leading bits.
 */

/** bfloat16 is the upper half of a float32. */
export function bf16BitsToF32Bits(half: number): number {
  return (half << 16) >>> 0;
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
export function f16BitsToF32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // Subnormal: shift the leading one up to the hidden bit's place; float32 has exponents to spare.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}
