import type { HalfType } from '../../../graph/cuda/half-types.ts';
import type { DtypeChoice } from '../choose-dtype.ts';
import { isHalf } from '../dtype.ts';
import type { LoadRequest } from '../protocol.ts';

/**
 * The 16-bit type to run in on CUDA, unless another kind of type was asked for. By default the one of the weights, or bf16,
 * which has float32's range.
 */
export function chooseHalfType({
  dtype,
  checkpoint,
}: Pick<LoadRequest, 'dtype' | 'checkpoint'>): (DtypeChoice & { readonly dtype: HalfType }) | undefined {
  if (isHalf(dtype)) return { dtype, reason: 'asked for' };
  if (dtype !== 'auto') return undefined;
  const stored = checkpoint.tensors.get('model.layers.0.self_attn.q_proj.weight')?.dtype;
  if (stored === 'F16') return { dtype: 'fp16', reason: 'the weights are stored in it' };
  const reason = stored === 'BF16' ? 'the weights are stored in it' : "16 bits with float32's range";
  return { dtype: 'bf16', reason };
}
