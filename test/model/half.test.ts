import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bf16BitsToF32Bits, f16BitsToF32Bits, f32BitsToBf16Bits, f32BitsToF16Bits } from '../../src/model/half.ts';

const view = new DataView(new ArrayBuffer(4));
const asFloat = (bits: number): number => {
  view.setUint32(0, bits);
  return view.getFloat32(0);
};

const asBits = (value: number): number => {
  view.setFloat32(0, value);
  return view.getUint32(0);
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

  const NARROW = [
    ['fp16', f32BitsToF16Bits, 5, 10],
    ['bf16', f32BitsToBf16Bits, 8, 7],
  ] as const;

  it.each(NARROW)('gives back each value of %s', (_name, round, exponentBits, fractionBits) => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = byDefinition(bits, exponentBits, fractionBits);
      const got = round(asBits(value));
      if (Number.isNaN(value) ? !Number.isNaN(byDefinition(got, exponentBits, fractionBits)) : got !== bits)
        wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  it.each(NARROW)('rounds to the nearest %s, ties to even', (_name, round, exponentBits, fractionBits) => {
    const infinity = (2 ** exponentBits - 1) * 2 ** fractionBits;
    // Positive patterns are in the order of their values, and infinity stands where the next value would.
    const at = (bits: number): number =>
      bits === infinity ? 2 ** (2 ** (exponentBits - 1)) : byDefinition(bits, exponentBits, fractionBits);
    const below = fc.integer({ min: 0, max: infinity - 1 });
    fc.assert(
      fc.property(below, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (low, part, negative) => {
        const value = Math.fround(at(low) + part * (at(low + 1) - at(low)));
        const middle = (at(low) + at(low + 1)) / 2;
        const nearest = value === middle ? low + (low % 2) : value < middle ? low : low + 1;
        const sign = negative ? 0x8000 : 0;
        expect(round(asBits(negative ? -value : value))).toBe(sign + nearest);
      }),
      { numRuns: 2000 },
    );
    // The ties themselves, where float32 has them.
    for (let low = 0; low < infinity; low += 7) {
      const middle = (at(low) + at(low + 1)) / 2;
      if (Math.fround(middle) === middle && round(asBits(middle)) !== low + (low % 2)) expect.fail(`a tie at ${low}`);
    }
  });

  it('keeps what is no number, whatever its payload', () => {
    for (const bits of [0x7f800001, 0x7fffffff, 0xff800001, 0x7fc00000]) {
      expect(asFloat(f16BitsToF32Bits(f32BitsToF16Bits(bits)))).toBeNaN();
      expect(asFloat(bf16BitsToF32Bits(f32BitsToBf16Bits(bits)))).toBeNaN();
    }
  });
});
