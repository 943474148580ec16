import { RerankitError, show } from '../errors.ts';
import { type Qwen3Config, readConfig } from './config.ts';
import { refuseBareBackbone, refuseEmbeddingModel } from './embedding-model.ts';
import type { ModelFiles } from './model-files.ts';
import { type HeadTensor, headTensor, networkTensors } from './network-tensors.ts';
import { readSafetensors, readShardedSafetensors, type TensorLocation, type TensorMap } from './safetensors.ts';

export type { HeadTensor } from './network-tensors.ts';

/** A checkpoint that has been checked: every tensor the network needs is there, whole, in the right shape. */
export interface Checkpoint {
  readonly files: ModelFiles;
  readonly config: Qwen3Config;
  /** The tensors the network reads, and whatever else the files hold. */
  readonly tensors: TensorMap;
  readonly headTensor: HeadTensor;
}

/**
 * Checks a model's files and finds its tensors. Reads configs and headers, no weights.
 * Rejects with `MODEL_UNSUPPORTED` for a sound checkpoint of another kind (embedding models, other architectures,
 * quantized weights), `MODEL_INVALID` for a damaged one, naming the first tensor that is not as it must be.
 */
export async function openCheckpoint(files: ModelFiles): Promise<Checkpoint> {
  const config = await readConfig(files.config);
  await refuseEmbeddingModel(files);
  const tensors = await readTensors(files);
  refuseBareBackbone(files, tensors);
  for (const [name, shape] of networkTensors(config)) checkTensor(name, shape, tensors.get(name), files);
  return { files, config, tensors, headTensor: headTensor(config) };
}

async function readTensors(files: ModelFiles): Promise<TensorMap> {
  if (files.index !== undefined) return readShardedSafetensors(files.index, files.weights);
  const [weights] = files.weights;
  if (weights === undefined) throw new RerankitError('MODEL_INVALID', `${files.directory} has no weights.`);
  return readSafetensors(weights);
}

function checkTensor(
  name: string,
  shape: readonly number[],
  found: TensorLocation | undefined,
  files: ModelFiles,
): void {
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
  if (found.dtype !== 'F32' && found.dtype !== 'F16' && found.dtype !== 'BF16') {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${files.id}: tensor ${show(name)} has type ${found.dtype}; BF16, F16 and F32 weights are supported.`,
    );
  }
}
