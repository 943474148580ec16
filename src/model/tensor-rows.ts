import { open } from 'node:fs/promises';
import { RerankitError, show } from '../errors.ts';
import { bf16BitsToF32Bits, f16BitsToF32Bits } from './half.ts';
import { reason } from './json-file.ts';
import type { TensorLocation } from './tensor-location.ts';

/** Bit patterns of float32: independent of the machine's byte order, and exact for a NaN too. */
const READERS = {
  F32: { bytes: 4, bits: (view: DataView, at: number) => view.getUint32(at, true) },
  F16: { bytes: 2, bits: (view: DataView, at: number) => f16BitsToF32Bits(view.getUint16(at, true)) },
  BF16: { bytes: 2, bits: (view: DataView, at: number) => bf16BitsToF32Bits(view.getUint16(at, true)) },
  I8: { bytes: 1, bits: (view: DataView, at: number) => float32Bits(view.getInt8(at)) },
} as const;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function float32Bits(value: number): number {
  scratch[0] = value;
  return scratchBits[0] ?? 0;
}

/**
 * Reads rows (slices along the first dimension) of a tensor as float32, one after the other in the order asked for.
 * The conversion from BF16, F16 and I8 is exact.
 * Rejects with `MODEL_UNSUPPORTED` for other types, `MODEL_INVALID` for a row the tensor has not or a file that has
 * become shorter.
 */
export async function readTensorRows(location: TensorLocation, rows: readonly number[]): Promise<Float32Array> {
  const { name, dtype, shape, file: path } = location;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16' && dtype !== 'I8') {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `Tensor ${show(name)} has type ${dtype}: only F32, F16, BF16 and I8 are read.`,
    );
  }
  const [count = 1, ...rest] = shape;
  for (const row of rows) {
    if (!Number.isInteger(row) || row < 0 || row >= count) {
      throw new RerankitError(
        'MODEL_INVALID',
        `Tensor ${show(name)} of ${path} has ${count} rows: there is no row ${show(row)}.`,
      );
    }
  }
  const reader = READERS[dtype];
  const columns = rest.reduce((product, size) => product * size, 1);
  const values = new Float32Array(rows.length * columns);
  if (values.length === 0) return values;
  const patterns = new Uint32Array(values.buffer);
  const bytes = Buffer.alloc(columns * reader.bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    await using file = await open(path, 'r');
    for (const [place, row] of rows.entries()) {
      const from = location.offset + row * bytes.length;
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      if (bytesRead !== bytes.length) {
        const end = from + bytes.length;
        throw new RerankitError(
          'MODEL_INVALID',
          `${path} is truncated: ${end} bytes expected, ${from + bytesRead} found.`,
        );
      }
      for (let column = 0; column < columns; column++) {
        patterns[place * columns + column] = reader.bits(view, column * reader.bytes);
      }
    }
  } catch (cause) {
    if (RerankitError.isInstance(cause)) throw cause;
    throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${path}: ${reason(cause)}.`, { cause });
  }
  return values;
}
