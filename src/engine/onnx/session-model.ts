import type { CompiledWeights } from '../../compile/compile-weights.ts';
import { qwen3Graph } from '../../graph/qwen3.ts';
import { commonFolder } from './common-folder.ts';
import type { LoadRequest } from './protocol.ts';

/** A model in the form that a session is created from. */
export interface SessionModel {
  /** The ONNX model, without its weights. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The folder its weights' file names count from, or the files themselves. */
  readonly weights: string | ReadonlyMap<string, Uint8Array>;
}

/** The network in float32, with the weights where the checkpoint has them. */
export function modelInPlace({ checkpoint, maxLength }: LoadRequest): SessionModel {
  const { config, tensors } = checkpoint;
  const folder = commonFolder([...tensors.values()]);
  return { bytes: qwen3Graph({ config, tensors, folder, positions: maxLength }), weights: folder };
}

/** Weights that were compiled, with where they lie: in a folder or in memory. */
export interface PlacedModel {
  readonly compiled: CompiledWeights;
  readonly weights: SessionModel['weights'];
}

/** The network with compiled weights. */
export function modelFromCompiled(
  { checkpoint, maxLength }: LoadRequest,
  { compiled: { tensors, matrices }, weights }: PlacedModel,
): SessionModel {
  const folder = typeof weights === 'string' ? weights : '';
  const { config } = checkpoint;
  return { bytes: qwen3Graph({ config, tensors, folder, matrices, positions: maxLength }), weights };
}
