import { float16Bits } from './float16.ts';
import { BLOCK, type GgmlTypeName } from './format.ts';

/** Turns values, a multiple of {@link BLOCK} of them, into the bytes of a tensor of that type. */
export function encodeBlocks(type: GgmlTypeName, values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  switch (type) {
    case 'F32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    case 'F16':
      return new Uint8Array(Uint16Array.from(values, float16Bits).buffer);
    case 'Q8_0':
      return encodeEach(values, 2 + BLOCK, encodeQ8);
    case 'Q4_0':
      return encodeEach(values, 2 + BLOCK / 2, encodeQ4);
  }
}

type Encode = (values: Float32Array, from: number, bytes: Uint8Array, at: number) => void;

function encodeEach(values: Float32Array, blockBytes: number, encode: Encode): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((values.length / BLOCK) * blockBytes);
  for (let block = 0; block * BLOCK < values.length; block++) encode(values, block * BLOCK, bytes, block * blockBytes);
  return bytes;
}

/** A float16 scale, then 32 signed bytes: the largest magnitude becomes 127. */
function encodeQ8(values: Float32Array, from: number, bytes: Uint8Array, at: number): void {
  const scale = Math.abs(extreme(values, from)) / 127;
  const inverse = scale === 0 ? 0 : 1 / scale;
  writeScale(scale, bytes, at);
  for (let i = 0; i < BLOCK; i++) bytes[at + 2 + i] = Math.round((values[from + i] ?? 0) * inverse);
}

/** A float16 scale, then 32 half bytes, offset by 8, value i beside value i + 16: the one farthest from 0 becomes -8. */
function encodeQ4(values: Float32Array, from: number, bytes: Uint8Array, at: number): void {
  const scale = extreme(values, from) / -8;
  const inverse = scale === 0 ? 0 : 1 / scale;
  const level = (i: number) => Math.min(15, Math.trunc((values[from + i] ?? 0) * inverse + 8.5));
  writeScale(scale, bytes, at);
  for (let i = 0; i < BLOCK / 2; i++) bytes[at + 2 + i] = level(i) | (level(i + BLOCK / 2) << 4);
}

/** The value farthest from zero, with its sign. */
function extreme(values: Float32Array, from: number): number {
  let farthest = 0;
  for (let i = 0; i < BLOCK; i++) {
    const value = values[from + i] ?? 0;
    if (Math.abs(value) > Math.abs(farthest)) farthest = value;
  }
  return farthest;
}

function writeScale(scale: number, bytes: Uint8Array, at: number): void {
  const bits = float16Bits(scale);
  bytes[at] = bits & 0xff;
  bytes[at + 1] = bits >>> 8;
}
