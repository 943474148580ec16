import type { CompiledModel } from '../../compile/compiled-index.ts';
import { qwen3Graph } from '../../graph/qwen3.ts';
import { readHead } from '../../model/head.ts';
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
export async function modelInPlace({ checkpoint, yesId, noId, maxLength }: LoadRequest): Promise<SessionModel> {
  const { config, tensors, headTensor } = checkpoint;
  const folder = commonFolder([...tensors.values()]);
  const head = await readHead(tensors, headTensor, yesId, noId);
  return { bytes: qwen3Graph({ config, tensors, folder, positions: maxLength, head }), weights: folder };
}

/** The network with compiled weights, which lie in a folder or in memory. */
export function modelFromCompiled(
  { checkpoint, maxLength }: LoadRequest,
  { tensors, matrices, head }: CompiledModel,
  weights: SessionModel['weights'],
): SessionModel {
  const folder = typeof weights === 'string' ? weights : '';
  const { config } = checkpoint;
  return { bytes: qwen3Graph({ config, tensors, folder, matrices, positions: maxLength, head }), weights };
}
