import { RerankitError, show } from '../errors.ts';
import type { PackedForm } from '../graph/packed-matrices.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { isLinear, networkTensors } from '../model/network-tensors.ts';
import { packedName, scaleName } from '../model/quantization.ts';
import type { Dtype, TensorLocation, TensorMap } from '../model/safetensors.ts';
import { INT4_BLOCK } from './quantize-int4.ts';
import { bytesOf, readInt4, readInt8 } from './read-matrix.ts';
import { tensorBytes } from './tensor-bytes.ts';
import type { WeightSource } from './weight-source.ts';

/** One tensor of the network as it is going to be saved: itself, or values and scales. */
export interface CheckpointTensor {
  readonly parts: readonly {
    readonly name: string;
    readonly dtype: Dtype;
    readonly shape: readonly number[];
    readonly byteLength: number;
  }[];
  /** The bytes of all parts, one after the other. */
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** All tensors of a checkpoint, the linear layers in 8 bits a row or 4 bits in groups, the others as they are. */
export function checkpointTensors(checkpoint: Checkpoint, form: PackedForm): CheckpointTensor[] {
  const { config, tensors, files } = checkpoint;
  return [...networkTensors(config).keys()].flatMap((name) => {
    const location = find(tensors, name);
    if (!isLinear(name)) {
      const scales = location.dtype === 'I8' ? [find(tensors, scaleName(name))] : [];
      return [location, ...scales].map(asStored);
    }
    const [, columns = 0] = location.shape;
    if (form === 'int4' && columns % INT4_BLOCK !== 0) {
      const message = `${files.id}: ${show(name)} has ${columns} columns, and int4 is saved in groups of ${INT4_BLOCK}; use dtype 'int8'.`;
      throw new RerankitError('MODEL_UNSUPPORTED', message);
    }
    return [form === 'int8' ? inInt8(location, checkpoint) : inInt4(location, checkpoint)];
  });
}

function asStored(location: TensorLocation): CheckpointTensor {
  const { name, dtype, shape, byteLength } = location;
  if (dtype === 'I4') throw new RerankitError('MODEL_UNSUPPORTED', `Tensor ${show(name)} cannot be saved as ${dtype}.`);
  return { parts: [{ name, dtype, shape, byteLength }], read: () => tensorBytes(location) };
}

function inInt8(location: TensorLocation, source: WeightSource): CheckpointTensor {
  const { name, shape } = location;
  const [rows = 0, columns = 0] = shape;
  return {
    parts: [
      { name, dtype: 'I8', shape, byteLength: rows * columns },
      { name: scaleName(name), dtype: 'F32', shape: [rows, 1], byteLength: 4 * rows },
    ],
    async *read() {
      const { values, scales } = await readInt8(location, source, 8);
      yield bytesOf(values);
      yield bytesOf(scales);
    },
  };
}

function inInt4(location: TensorLocation, source: WeightSource): CheckpointTensor {
  const { name, shape } = location;
  const [rows = 0, columns = 0] = shape;
  const groups = columns / INT4_BLOCK;
  return {
    parts: [
      { name: packedName(name), dtype: 'I32', shape: [rows, columns / 8], byteLength: (rows * columns) / 2 },
      { name: scaleName(name), dtype: 'F32', shape: [rows, groups], byteLength: 4 * rows * groups },
      { name: `${name}_shape`, dtype: 'I64', shape: [2], byteLength: 16 },
    ],
    async *read() {
      const { values, scales } = await readInt4(location, source);
      yield values;
      yield bytesOf(scales);
      yield bytesOf(BigInt64Array.of(BigInt(rows), BigInt(columns)));
    },
  };
}

function find(tensors: TensorMap, name: string): TensorLocation {
  const location = tensors.get(name);
  if (location !== undefined) return location;
  throw new RerankitError('MODEL_INVALID', `The checkpoint lacks the tensor ${show(name)}.`);
}
