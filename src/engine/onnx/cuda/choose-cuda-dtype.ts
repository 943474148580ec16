import type { HalfType } from '../../../graph/cuda/half-types.ts';
import type { Qwen3Config } from '../../../model/config.ts';
import { isLinear, networkTensors } from '../../../model/network-tensors.ts';
import type { TensorMap } from '../../../model/safetensors.ts';
import type { DtypeChoice } from '../choose-dtype.ts';
import { type Dtype, isHalf } from '../dtype.ts';

/** What a model runs in on CUDA. */
export interface CudaChoice extends DtypeChoice {
  readonly dtype: HalfType | 'int4';
  /** The type of activations, and of weights outside the matrices. */
  readonly half: HalfType;
}

export interface CudaCircumstances {
  readonly dtype: Dtype | 'auto';
  readonly config: Qwen3Config;
  readonly tensors: TensorMap;
  /** Free memory of the GPU in bytes, if it is known. Asked for only where it matters. */
  readonly freeBytes: () => Promise<number | undefined>;
}

/** What must be left beside the weights: CUDA's own context and libraries, and a small micro-batch. */
const BESIDE_BYTES = 1.25e9;
/** 4 bits and a scale of 16 for each 32 weights. */
const INT4_BYTES = (4 + 16 / 32) / 8;

/**
 * The type to run in on CUDA; `undefined` if another kind of type was asked for, and a sentence if the weights cannot run
 * in it. By default it is the type that the weights are stored in, or bf16, which has float32's range; 4 bits where
 * weights of 16 do not fit the GPU's memory.
 */
export async function chooseCudaDtype(circumstances: CudaCircumstances): Promise<CudaChoice | string | undefined> {
  const { dtype, config } = circumstances;
  const stored = storedHalf(circumstances.tensors);
  const half = stored ?? 'bf16';
  if (config.quantization?.kind === 'int4-groups') {
    if (dtype === 'auto') return { dtype: 'int4', half, reason: 'the weights are stored in 4 bits' };
    // ONNX Runtime would widen such weights anew in every run.
    if (dtype !== 'int4') return `weights that are stored in 4 bits do not run there in ${dtype}: use dtype 'int4'.`;
  }
  if (dtype === 'int4') return { dtype, half, reason: 'asked for' };
  if (isHalf(dtype)) return { dtype, half: dtype, reason: 'asked for' };
  if (dtype !== 'auto') return undefined;
  const sizes = weightBytes(config);
  const freeBytes = await circumstances.freeBytes();
  if (freeBytes !== undefined && freeBytes < sizes.half + BESIDE_BYTES && freeBytes >= sizes.int4 + BESIDE_BYTES) {
    const [needed, free] = [sizes.half, freeBytes].map((bytes) => `${(bytes / 1e9).toFixed(1)} GB`);
    return { dtype: 'int4', half, reason: `${half} would take ${needed} of ${free} of free GPU memory` };
  }
  const reason = stored === undefined ? "16 bits with float32's range" : 'the weights are stored in it';
  return { dtype: half, half, reason };
}

/** The 16-bit type of the weights; the embedding has it also where matrices are quantized. */
function storedHalf(tensors: TensorMap): HalfType | undefined {
  for (const name of ['model.layers.0.self_attn.q_proj.weight', 'model.embed_tokens.weight']) {
    const stored = tensors.get(name)?.dtype;
    if (stored === 'F16') return 'fp16';
    if (stored === 'BF16') return 'bf16';
  }
  return undefined;
}

/** Bytes of the weights on the GPU, of which the head is not one. */
function weightBytes(config: Qwen3Config): { half: number; int4: number } {
  const bytes = { half: 0, int4: 0 };
  for (const [name, shape] of networkTensors(config)) {
    if (!name.startsWith('model.')) continue;
    const count = shape.reduce((product, size) => product * size, 1);
    bytes.half += 2 * count;
    bytes.int4 += count * (isLinear(name) ? INT4_BYTES : 2);
  }
  return bytes;
}
