import { describe, expect, test } from 'vitest';
import { encodeBlocks } from '../../bench/peers/gguf/blocks.ts';
import { float16Bits } from '../../bench/peers/gguf/float16.ts';
import { byteLength, encodeHeader } from '../../bench/peers/gguf/format.ts';
import { f16BitsToF32Bits } from '../../src/model/half.ts';

const VALUES = Float32Array.from({ length: 96 }, (_, at) => Math.sin(at * 1.7) * (at < 64 ? 1 : 0));

describe('blocks of a GGUF file', () => {
  test('Q8_0 is off by half a step at most', () => {
    const bytes = encodeBlocks('Q8_0', VALUES);
    expect(bytes).toHaveLength(3 * 34);
    for (const [at, value] of VALUES.entries()) {
      const block = 34 * Math.floor(at / 32);
      const level = ((bytes[block + 2 + (at % 32)] ?? 0) << 24) >> 24;
      // A step of at most 1/127, and the rounding of the step itself.
      expect(Math.abs(level * scaleAt(bytes, block) - value)).toBeLessThanOrEqual(0.5 / 127 + 1e-3);
    }
  });

  test('Q4_0 is off by half a step, but at the other end by a whole one', () => {
    const bytes = encodeBlocks('Q4_0', VALUES);
    expect(bytes).toHaveLength(3 * 18);
    for (const [at, value] of VALUES.entries()) {
      const block = 18 * Math.floor(at / 32);
      const pair = bytes[block + 2 + (at % 16)] ?? 0;
      const level = (at % 32 < 16 ? pair & 15 : pair >> 4) - 8;
      expect(Math.abs(level * scaleAt(bytes, block) - value)).toBeLessThanOrEqual(1 / 8 + 1e-3);
    }
  });

  test('every float16 survives', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      for (const signed of [bits, bits | 0x8000]) expect(float16Bits(float32(signed))).toBe(signed);
    }
    expect(float16Bits(1e6)).toBe(0x7bff);
  });

  test('tensors begin at multiples of 32', () => {
    const tensor = { name: 'a.weight', type: 'Q4_0', shape: [2, 64] } as const;
    expect(byteLength(tensor)).toBe(4 * 18);
    const header = encodeHeader({ 'a.key': { type: 'strings', value: ['ü', ''] } }, [tensor, { ...tensor, name: 'b' }]);
    expect(header.length % 32).toBe(0);
    expect(header.subarray(0, 4).toString()).toBe('GGUF');
    // The second tensor's place, the last number before the padding.
    expect(header.readBigUInt64LE(header.lastIndexOf(96))).toBe(96n);
  });
});

function scaleAt(bytes: Uint8Array, block: number): number {
  return float32((bytes[block] ?? 0) | ((bytes[block + 1] ?? 0) << 8));
}

function float32(half: number): number {
  return new Float32Array(Uint32Array.of(f16BitsToF32Bits(half)).buffer)[0] ?? Number.NaN;
}
