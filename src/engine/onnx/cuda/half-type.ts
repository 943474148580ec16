import type { HalfType } from '../../../graph/cuda/half-weights.ts';
import type { TensorMap } from '../../../model/safetensors.ts';

/** The 16-bit type that a checkpoint is run in unless told otherwise: its own, or bf16, which has float32's range. */
export function halfTypeOf(tensors: TensorMap): HalfType {
  return tensors.get('model.layers.0.self_attn.q_proj.weight')?.dtype === 'F16' ? 'fp16' : 'bf16';
}
