import { RerankitError, show } from '../errors.ts';
import { type Qwen3Config, readConfig } from './config.ts';
import { refuseBareBackbone, refuseEmbeddingModel } from './embedding-model.ts';
import type { Adapter } from './lora/adapter.ts';
import type { ModelDescription, ModelFiles } from './model-files.ts';
import { type HeadTensor, headTensor, isLinear, networkTensors } from './network-tensors.ts';
import { packedName, scaleName } from './quantization.ts';
import {
  type Dtype,
  readSafetensors,
  readShardedSafetensors,
  type TensorLocation,
  type TensorMap,
} from './safetensors.ts';

export type { HeadTensor } from './network-tensors.ts';

/** Types that weights are stored in, unless they are quantized. */
const FLOATS: readonly Dtype[] = ['BF16', 'F16', 'F32'];
const VALUES_PER_I32 = 8;

/** A checkpoint that has been checked: every tensor the network needs is there, whole, in the right shape. */
export interface Checkpoint {
  readonly files: ModelFiles;
  readonly config: Qwen3Config;
  /** The tensors the network reads, and whatever else the files hold. */
  readonly tensors: TensorMap;
  /** `undefined` for an embedder. */
  readonly headTensor: HeadTensor | undefined;
  /** Adapters that are merged whenever weights are read; none, unless `withAdapters` was called. */
  readonly adapters: readonly Adapter[];
}

/**
 * Checks a reranker's files and finds its tensors. Reads configs and headers, no weights.
 * Rejects with `MODEL_UNSUPPORTED` for a sound checkpoint of another kind (embedding models, other architectures,
 * weights quantized in other ways), `MODEL_INVALID` for a damaged one, naming the first tensor that is not as it must be.
 */
export async function openCheckpoint(files: ModelFiles): Promise<Checkpoint> {
  const config = await describeReranker(files);
  const stored = await readTensors(files);
  refuseBareBackbone(files, stored);
  return checkTensors(files, config, stored);
}

/** The part of {@link openCheckpoint} that needs no weights. */
export async function describeReranker(model: ModelDescription): Promise<Qwen3Config> {
  const config = await readConfig(model.config);
  await refuseEmbeddingModel(model);
  return config;
}

/** Finds all that a network reads among the tensors. Throws `MODEL_UNSUPPORTED` or `MODEL_INVALID` where it is not there. */
export function checkTensors(files: ModelFiles, config: Qwen3Config, stored: TensorMap): Checkpoint {
  const tensors = new Map(stored);
  for (const [name, shape] of networkTensors(config)) {
    if (config.quantization?.kind === 'int4-groups' && isLinear(name)) {
      tensors.set(name, unpacked(name, shape, config.quantization.group, stored, files));
      continue;
    }
    const found = stored.get(name);
    const quantized = config.quantization?.kind === 'int8-rows' && shape.length === 2 && found?.dtype === 'I8';
    checkTensor(name, shape, found, files, quantized ? ['I8'] : FLOATS);
    if (quantized) checkScales(scaleName(name), shape[0] ?? 0, stored.get(scaleName(name)), files);
  }
  return { files, config, tensors, headTensor: headTensor(config), adapters: [] };
}

/** A matrix of packed 4-bit values, seen as what it stands for. */
function unpacked(
  name: string,
  shape: readonly number[],
  group: number,
  stored: TensorMap,
  files: ModelFiles,
): TensorLocation {
  const [rows = 0, columns = 0] = shape;
  if (columns % group !== 0) {
    const message = `${files.id}: ${show(name)} has ${columns} columns, which is not a multiple of group_size ${group}.`;
    throw new RerankitError('MODEL_UNSUPPORTED', message);
  }
  const packed = stored.get(packedName(name));
  checkTensor(packedName(name), [rows, columns / VALUES_PER_I32], packed, files, ['I32']);
  checkTensor(scaleName(name), [rows, columns / group], stored.get(scaleName(name)), files, FLOATS);
  return { ...packed, name, dtype: 'I4', shape };
}

/** Reads the headers of a model's weights. */
export async function readTensors(files: ModelFiles): Promise<TensorMap> {
  if (files.index !== undefined) return readShardedSafetensors(files.index, files.weights);
  const [weights] = files.weights;
  if (weights === undefined) throw new RerankitError('MODEL_INVALID', `${files.directory} has no weights.`);
  return readSafetensors(weights);
}

/** Scales are saved as [rows, 1] or [rows]. */
function checkScales(name: string, rows: number, found: TensorLocation | undefined, files: ModelFiles): void {
  checkTensor(name, found?.shape.length === 1 ? [rows] : [rows, 1], found, files, FLOATS);
}

function checkTensor(
  name: string,
  shape: readonly number[],
  found: TensorLocation | undefined,
  files: ModelFiles,
  dtypes: readonly TensorLocation['dtype'][],
): asserts found is TensorLocation {
  const expected = `expected ${show(name)} of shape [${shape.join(', ')}]`;
  if (found === undefined) {
    const hint =
      name === 'lm_head.weight' ? ' config.json does not tie the embeddings, so the head must be saved.' : '';
    throw new RerankitError(
      'MODEL_INVALID',
      `${files.id} lacks a tensor: ${expected}, found none of that name in ${files.index ?? files.weights.join(', ')}.${hint}`,
    );
  }
  if (found.shape.length !== shape.length || found.shape.some((size, axis) => size !== shape[axis])) {
    throw new RerankitError(
      'MODEL_INVALID',
      `${files.id} has a tensor that does not fit its config.json: ${expected}, ` +
        `found [${found.shape.join(', ')}] in ${found.file}.`,
    );
  }
  if (!dtypes.includes(found.dtype)) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${files.id}: tensor ${show(name)} has type ${found.dtype}; expected ${dtypes.join(', ')}.`,
    );
  }
}
