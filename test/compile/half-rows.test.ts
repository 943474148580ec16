import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { halfRows, tableOf } from '../../src/compile/half-rows.ts';
import type { HalfType } from '../../src/graph/cuda/half-types.ts';
import { bf16BitsToF32Bits, f16BitsToF32Bits, f32BitsToBf16Bits, f32BitsToF16Bits } from '../../src/model/half.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { safetensorsFile } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';

const ROWS = 700;
/** More than fits into one piece of a file. */
const COLUMNS = 3100;
const NAME = 'model.layers.0.mlp.up_proj.weight';

async function convert(dtype: 'F32' | 'BF16' | 'F16' | 'I8', data: Uint8Array, type: HalfType): Promise<Uint16Array> {
  const path = join(await scratch(), 'model.safetensors');
  const scales = Float32Array.from({ length: ROWS }, (_, row) => (row + 1) / 1000);
  const scaleTensor = { dtype: 'F32', shape: [ROWS, 1], data: new Uint8Array(scales.buffer) };
  const tensors = {
    [NAME]: { dtype, shape: [ROWS, COLUMNS], data },
    ...(dtype === 'I8' ? { [`${NAME}_scale`]: scaleTensor } : {}),
  };
  await writeFile(path, safetensorsFile(tensors));
  const map = await readSafetensors(path);
  const location = map.get(NAME);
  if (location === undefined) throw new Error('not found');
  const pieces: Uint8Array[] = [];
  for await (const piece of halfRows(location, { tensors: map, adapters: [] }, type)) pieces.push(piece.slice());
  const bytes = Buffer.concat(pieces);
  return new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function halves(seed: number): Uint16Array {
  return Uint16Array.from({ length: ROWS * COLUMNS }, (_, at) => Math.imul(at + seed, 2_654_435_761) >>> 16);
}

describe('weights in another type of 16 bits', () => {
  test.each([
    ['BF16', 'fp16', bf16BitsToF32Bits, f32BitsToF16Bits],
    ['F16', 'bf16', f16BitsToF32Bits, f32BitsToBf16Bits],
  ] as const)('%s to %s: each value by itself', async (stored, type, widen, round) => {
    const from = halves(7);
    const to = await convert(stored, new Uint8Array(from.buffer), type);
    expect(to).toHaveLength(from.length);
    const wrong = to.findIndex((half, at) => half !== round(widen(from[at] ?? 0)));
    expect(wrong).toBe(-1);
  });

  test('the table has an entry for each value', () => {
    expect(tableOf('fp16')).toHaveLength(65_536);
    expect(tableOf('fp16')[0x3f80]).toBe(0x3c00); // 1
    expect(tableOf('bf16')[0xc000]).toBe(0xc000); // -2
    expect(tableOf('fp16')[0x7f7f]).toBe(0x7c00); // 3e38: infinity
  });

  test.each(['bf16', 'fp16'] as const)('what is stored in %s stays as it is', async (type) => {
    const from = halves(3);
    const to = await convert(type === 'bf16' ? 'BF16' : 'F16', new Uint8Array(from.buffer), type);
    expect(Buffer.from(to.buffer).equals(Buffer.from(from.buffer))).toBe(true);
  });

  test('float32 is rounded, and 8 bits are multiplied with their scales before', async () => {
    const floats = Float32Array.from({ length: ROWS * COLUMNS }, (_, at) => Math.sin(at) * 2 ** (at % 12));
    const fromFloats = await convert('F32', new Uint8Array(floats.buffer), 'bf16');
    const bits = new Uint32Array(floats.buffer);
    expect(fromFloats.findIndex((half, at) => half !== f32BitsToBf16Bits(bits[at] ?? 0))).toBe(-1);

    const integers = Int8Array.from({ length: ROWS * COLUMNS }, (_, at) => (at * 37) % 255);
    const fromIntegers = await convert('I8', new Uint8Array(integers.buffer), 'fp16');
    const scaled = Float32Array.from(
      integers,
      (value, at) => value * Math.fround((Math.floor(at / COLUMNS) + 1) / 1000),
    );
    const scaledBits = new Uint32Array(scaled.buffer);
    expect(fromIntegers.findIndex((half, at) => half !== f32BitsToF16Bits(scaledBits[at] ?? 0))).toBe(-1);
  });
});
