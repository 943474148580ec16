import { ElementType } from '../graph/onnx-proto.ts';
import type { PackedForm } from '../graph/packed-matrices.ts';
import type { TensorLocation } from '../model/safetensors.ts';
import { piecesOf } from './pieces.ts';
import { INT4_BLOCK, quantizeInt4 } from './quantize-int4.ts';
import { quantizeInt8, type WeightBits } from './quantize-int8.ts';
import { tensorBytes } from './tensor-bytes.ts';
import { transpose } from './transpose.ts';
import { isChanged, scalesOf, type WeightSource, weightRows } from './weight-source.ts';

/** What to bring matrices into. */
export interface MatrixForm {
  readonly form: PackedForm;
  /** Bits of a weight in int8. */
  readonly bits: WeightBits;
}

/** A matrix that is in memory, in the layout that `PackedMatrix` says for each form. */
export interface MatrixValues {
  readonly outputs: number;
  readonly inputs: number;
  readonly values: readonly PartValues[];
  readonly scales: PartValues;
}

export interface PartValues {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Reads a matrix [out, in] of a checkpoint and brings it into a form. */
export async function readMatrix(
  { form, bits }: MatrixForm,
  location: TensorLocation,
  source: WeightSource,
): Promise<MatrixValues> {
  const [outputs = 0, inputs = 0] = location.shape;
  const { FLOAT, UINT8 } = ElementType;
  switch (form) {
    case 'int8': {
      const { values, scales } = await readInt8(location, source, bits);
      return {
        outputs,
        inputs,
        values: cut(transpose(values, outputs, inputs), inputs, piecesOf(location.name, inputs)),
        scales: part(FLOAT, [outputs], scales),
      };
    }
    case 'int4': {
      const { values, scales } = await readInt4(location, source);
      const blocks = scales.length / outputs;
      const blockBytes = values.length / scales.length;
      return {
        outputs,
        inputs,
        values: [part(UINT8, [outputs, blocks, blockBytes], values)],
        scales: part(FLOAT, [outputs, blocks], scales),
      };
    }
  }
}

/** Cuts int8 [in, out] into pieces of its inputs. */
function cut(values: Int8Array, inputs: number, pieces: number): PartValues[] {
  const length = values.length / pieces;
  const shape = [inputs / pieces, values.length / inputs];
  return Array.from({ length: pieces }, (_, at) =>
    part(ElementType.INT8, shape, values.subarray(at * length, (at + 1) * length)),
  );
}

function part(type: ElementType, shape: readonly number[], values: ArrayBufferView): PartValues {
  return { type, shape, bytes: bytesOf(values) };
}

/** A matrix as int8 [out, in] with scales [out]: as it is stored, or rounded. */
export async function readInt8(
  location: TensorLocation,
  source: WeightSource,
  bits: WeightBits,
): Promise<{ values: Int8Array; scales: Float32Array }> {
  const [outputs = 0, inputs = 0] = location.shape;
  const stored = isChanged(location.name, source) ? undefined : await scalesOf(location, source);
  if (stored && location.dtype === 'I8' && bits === 8) {
    return { values: new Int8Array((await readBytes(location)).buffer), scales: stored };
  }
  const values = new Int8Array(outputs * inputs);
  const scales = new Float32Array(outputs);
  for await (const { first, count, values: rows } of weightRows(location, source)) {
    const part = values.subarray(first * inputs, (first + count) * inputs);
    quantizeInt8(rows, inputs, bits, part, scales.subarray(first, first + count));
  }
  return { values, scales };
}

/** A matrix in 4 bits: as it is stored, or rounded; see `quantizeInt4`. */
export async function readInt4(
  location: TensorLocation,
  source: WeightSource,
): Promise<{ values: Uint8Array; scales: Float32Array }> {
  const [outputs = 0, inputs = 0] = location.shape;
  const stored = isChanged(location.name, source) ? undefined : await scalesOf(location, source);
  if (stored && location.dtype === 'I4') return { values: await readBytes(location), scales: stored };
  const blocks = Math.ceil(inputs / INT4_BLOCK);
  const width = (blocks * INT4_BLOCK) / 2;
  const values = new Uint8Array(outputs * width);
  const scales = new Float32Array(outputs * blocks);
  for await (const { first, count, values: rows } of weightRows(location, source)) {
    const end = first + count;
    const part = values.subarray(first * width, end * width);
    quantizeInt4(rows, inputs, part, scales.subarray(first * blocks, end * blocks));
  }
  return { values, scales };
}

async function readBytes(location: TensorLocation): Promise<Uint8Array> {
  const bytes = new Uint8Array(location.byteLength);
  let at = 0;
  for await (const piece of tensorBytes(location)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
