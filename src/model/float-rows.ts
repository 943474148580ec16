import { type FileHandle, open } from 'node:fs/promises';
import { RerankitError, show } from '../errors.ts';
import { bf16BitsToF32Bits, f16BitsToF32Bits } from './half.ts';
import { reason } from './json-file.ts';
import type { TensorLocation } from './tensor-location.ts';

/** Elements that are in memory at a time, at least a row. */
const CHUNK_ELEMENTS = 1 << 20;

/** Successive rows of a matrix. The array is used again for the next ones. */
export interface FloatRows {
  readonly first: number;
  readonly count: number;
  /** float32 [count, columns]. */
  readonly values: Float32Array;
}

/** Widens stored elements, exactly, into `into`. Every platform that ONNX Runtime has binaries for is little-endian. */
type Widen = (bytes: ArrayBuffer, count: number, into: Float32Array) => void;

const WIDENERS: Partial<Record<TensorLocation['dtype'], { readonly bytes: number; readonly widen: Widen }>> = {
  F32: { bytes: 4, widen: (bytes, count, into) => into.set(new Float32Array(bytes, 0, count)) },
  BF16: {
    bytes: 2,
    widen: (bytes, count, into) => {
      const bits = new Uint32Array(into.buffer, 0, count);
      const stored = new Uint16Array(bytes, 0, count);
      for (let at = 0; at < count; at++) bits[at] = bf16BitsToF32Bits(stored[at] as number);
    },
  },
  F16: {
    bytes: 2,
    widen: (bytes, count, into) => {
      const bits = new Uint32Array(into.buffer, 0, count);
      const stored = new Uint16Array(bytes, 0, count);
      for (let at = 0; at < count; at++) bits[at] = f16BitsToF32Bits(stored[at] as number);
    },
  },
  I8: { bytes: 1, widen: (bytes, count, into) => into.set(new Int8Array(bytes, 0, count)) },
  I4: {
    bytes: 0.5,
    widen: (bytes, count, into) => {
      const pairs = new Uint8Array(bytes, 0, count / 2);
      for (let at = 0; at < pairs.length; at++) {
        into[2 * at] = ((pairs[at] as number) & 15) - 8;
        into[2 * at + 1] = ((pairs[at] as number) >> 4) - 8;
      }
    },
  },
};

/**
 * Reads a matrix from beginning to end as float32, a few rows at a time; quantized values are multiplied with their
 * `scales`, one a row or several for equal parts of it.
 * Throws `MODEL_UNSUPPORTED` for other types than F32, F16, BF16, I8 and I4, `MODEL_INVALID` if the file has become shorter.
 */
export async function* floatRows(location: TensorLocation, scales?: Float32Array): AsyncGenerator<FloatRows> {
  const { name, dtype, shape, file: path } = location;
  const type = WIDENERS[dtype];
  if (type === undefined) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `Tensor ${show(name)} has type ${dtype}: only ${Object.keys(WIDENERS).join(', ')} are read.`,
    );
  }
  const [rows = 1, ...rest] = shape;
  const columns = rest.reduce((product, size) => product * size, 1);
  const most = Math.max(1, Math.min(rows, Math.floor(CHUNK_ELEMENTS / Math.max(1, columns))));
  const bytes = new ArrayBuffer(most * columns * type.bytes);
  const values = new Float32Array(most * columns);
  await using file = await openTensorFile(path);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const length = count * columns * type.bytes;
    await readFully(file, path, new Uint8Array(bytes, 0, length), location.offset + first * columns * type.bytes);
    type.widen(bytes, count * columns, values);
    if (scales) {
      const perRow = scales.length / rows;
      scaleGroups(values, columns / perRow, scales.subarray(first * perRow, (first + count) * perRow));
    }
    yield { first, count, values: values.subarray(0, count * columns) };
  }
}

/** All of a tensor as float32: for those that are small. */
export async function readFloats(location: TensorLocation): Promise<Float32Array> {
  const values = new Float32Array(location.shape.reduce((product, size) => product * size, 1));
  const columns = values.length / Math.max(1, location.shape[0] ?? 1);
  for await (const rows of floatRows(location)) values.set(rows.values, rows.first * columns);
  return values;
}

/** Opens a file of weights. Rejects with `MODEL_NOT_FOUND`. */
export async function openTensorFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${path}: ${reason(cause)}.`, { cause });
  }
}

/** Fills `into` from a place in the file. Rejects with `MODEL_INVALID` if the file ends before, `MODEL_NOT_FOUND` if it cannot be read. */
export async function readFully(file: FileHandle, path: string, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done).catch((cause: unknown) => {
      throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${path}: ${reason(cause)}.`, { cause });
    });
    if (bytesRead === 0) {
      const end = position + into.length;
      throw new RerankitError(
        'MODEL_INVALID',
        `${path} is truncated: ${end} bytes expected, ${position + done} found.`,
      );
    }
    done += bytesRead;
  }
}

/** Multiplies each group of `length` neighbours with its scale. */
function scaleGroups(values: Float32Array, length: number, scales: Float32Array): void {
  for (const [group, scale] of scales.entries()) {
    for (let at = group * length; at < (group + 1) * length; at++) values[at] = (values[at] as number) * scale;
  }
}
