import { describe, expect, it } from 'vitest';
import { bf16BitsToF32Bits, f16BitsToF32Bits } from '../../src/model/half.ts';

const view = new DataView(new ArrayBuffer(4));
const asFloat = (bits: number): number => {
  view.setUint32(0, bits);
  return view.getFloat32(0);
};

/** A float by its definition: sign, exponent and fraction as arithmetic instead of bits. */
function byDefinition(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = Math.floor((bits % 0x8000) / 2 ** fractionBits);
  const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

describe('16-bit floats', () => {
  it.each([
    ['fp16', f16BitsToF32Bits, 5, 10],
    ['bf16', bf16BitsToF32Bits, 8, 7],
  ] as const)('converts all 65,536 values of %s exactly', (_name, convert, exponentBits, fractionBits) => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x10000; bits++) {
      const got = asFloat(convert(bits));
      if (!Object.is(got, byDefinition(bits, exponentBits, fractionBits))) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });
});
