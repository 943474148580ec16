import { open } from 'node:fs/promises';
import { bf16BitsToF32Bits, f16BitsToF32Bits } from '../../src/model/half.ts';
import type { TensorLocation } from '../../src/model/safetensors.ts';

/** Values read at a time: a multiple of every block of every format. */
const CHUNK = 1 << 20;

/** A tensor's values as float32, in chunks, so that no tensor need be in memory as a whole. */
export async function* readFloats(location: TensorLocation): AsyncGenerator<Float32Array<ArrayBuffer>, void, void> {
  const { dtype, file, offset, byteLength, name } = location;
  const width = dtype === 'F32' ? 4 : 2;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') throw new Error(`${name} has type ${dtype}`);
  await using handle = await open(file, 'r');
  for (let done = 0; done < byteLength; done += CHUNK * width) {
    const bytes = new Uint8Array(Math.min(CHUNK * width, byteLength - done));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset + done);
    if (bytesRead !== bytes.length) throw new Error(`${file} is truncated`);
    yield dtype === 'F32' ? new Float32Array(bytes.buffer) : widen(new Uint16Array(bytes.buffer), dtype);
  }
}

function widen(halves: Uint16Array, dtype: 'F16' | 'BF16'): Float32Array<ArrayBuffer> {
  const table = tableOf(dtype);
  const values = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at++) values[at] = table[halves[at] ?? 0] ?? 0;
  return values;
}

const tables = new Map<string, Float32Array>();

/** Every value of a 16-bit type, by its bits. */
function tableOf(dtype: 'F16' | 'BF16'): Float32Array {
  const known = tables.get(dtype);
  if (known !== undefined) return known;
  const bits = Uint32Array.from({ length: 65536 }, (_, half) =>
    dtype === 'F16' ? f16BitsToF32Bits(half) : bf16BitsToF32Bits(half),
  );
  const table = new Float32Array(bits.buffer);
  tables.set(dtype, table);
  return table;
}
