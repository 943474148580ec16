import type { HeadTensor } from './network-tensors.ts';
import type { TensorMap } from './safetensors.ts';
import { readWeightRows } from './weight-rows.ts';

/**
 * What the last hidden state is multiplied with, float32 [hidden size]: the score head, or `yes` minus `no`, since the
 * logits' difference is all that a score needs of the vocabulary.
 */
export async function readHead(
  tensors: TensorMap,
  headTensor: HeadTensor,
  yesId: number,
  noId: number,
): Promise<Float32Array> {
  if (headTensor === 'score.weight') return readWeightRows(tensors, headTensor, [0]);
  const rows = await readWeightRows(tensors, headTensor, [yesId, noId]);
  const width = rows.length / 2;
  return Float32Array.from({ length: width }, (_, at) => (rows[at] ?? 0) - (rows[width + at] ?? 0));
}
