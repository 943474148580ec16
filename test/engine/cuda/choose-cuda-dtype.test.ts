import { describe, expect, test } from 'vitest';
import { type CudaCircumstances, chooseCudaDtype } from '../../../src/engine/onnx/cuda/choose-cuda-dtype.ts';
import { targetOf } from '../../../src/engine/onnx/cuda/prepare-cuda-model.ts';
import { parseConfig } from '../../../src/model/config.ts';
import type { Adapter } from '../../../src/model/lora/adapter.ts';
import { networkTensors } from '../../../src/model/network-tensors.ts';
import type { TensorLocation, TensorMap } from '../../../src/model/safetensors.ts';

const GB = 1e9;
/** Qwen3-Reranker-4B: 8.0 GB in 16 bits, 2.8 GB with matrices in 4. */
const JSON_4B = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  vocab_size: 151_669,
  hidden_size: 2560,
  num_hidden_layers: 36,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  intermediate_size: 9728,
};
const INT4_GROUPS = {
  quant_method: 'compressed-tensors',
  format: 'pack-quantized',
  config_groups: { g: { weights: { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 32 } } },
};
const config = parseConfig(JSON_4B);
const packed = parseConfig({ ...JSON_4B, quantization_config: INT4_GROUPS });

function tensorsOf(dtype: TensorLocation['dtype'], matrices = dtype): TensorMap {
  return new Map(
    [...networkTensors(config)].map(([name, shape]) => {
      const type = name.includes('_proj') ? matrices : dtype;
      return [name, { name, dtype: type, shape, file: '/w', offset: 0, byteLength: 0 }];
    }),
  );
}

function choose(given: Partial<CudaCircumstances>, free?: number): ReturnType<typeof chooseCudaDtype> {
  const tensors = tensorsOf('BF16');
  return chooseCudaDtype({ dtype: 'auto', config, tensors, freeBytes: async () => free, ...given });
}

describe('auto on CUDA', () => {
  test.each([
    ['BF16', 80 * GB, 'bf16', 'bf16', /stored in it/],
    ['F16', 80 * GB, 'fp16', 'fp16', /stored in it/],
    ['F32', 80 * GB, 'bf16', 'bf16', /float32's range/],
    ['I8', 80 * GB, 'bf16', 'bf16', /float32's range/],
    ['BF16', undefined, 'bf16', 'bf16', /stored in it/],
    ['BF16', 8.1 * GB, 'int4', 'bf16', /^bf16 would take 8\.\d GB of 8\.1 GB of free GPU memory$/],
    ['F16', 5 * GB, 'int4', 'fp16', /^fp16 would take/],
    // Not even 4 bits fit: nothing is gained by bringing the weights into them.
    ['BF16', 3 * GB, 'bf16', 'bf16', /stored in it/],
  ] as const)('%s weights with %s bytes free', async (stored, free, dtype, half, reason) => {
    const choice = await choose({ tensors: tensorsOf(stored) }, free);
    expect(choice).toEqual({ dtype, half, reason: expect.stringMatching(reason) });
  });

  test('takes 4 bits as they are stored, in whatever memory, with activations like the other weights', async () => {
    for (const [stored, half] of [
      ['BF16', 'bf16'],
      ['F16', 'fp16'],
      ['F32', 'bf16'],
    ] as const) {
      const choice = await choose({ config: packed, tensors: tensorsOf(stored, 'I4') }, 80 * GB);
      expect(choice).toEqual({ dtype: 'int4', half, reason: 'the weights are stored in 4 bits' });
    }
  });
});

describe('a type that is asked for', () => {
  test.each([
    ['bf16', 'bf16'],
    ['fp16', 'fp16'],
    ['int4', 'bf16'],
  ] as const)('%s is taken, with activations in %s', async (dtype, half) => {
    expect(await choose({ dtype }, 1 * GB)).toEqual({ dtype, half, reason: 'asked for' });
  });

  test('the memory is not looked at', async () => {
    const freeBytes = () => Promise.reject(new Error('looked'));
    for (const dtype of ['bf16', 'fp16', 'int4', 'fp32'] as const) await choose({ dtype, freeBytes });
  });

  test('float32 is left to the graph for CPUs', async () => {
    expect(await choose({ dtype: 'fp32' })).toBeUndefined();
  });

  test.each(['bf16', 'fp16', 'fp32'] as const)('%s is refused for weights in 4 bits', async (dtype) => {
    const choice = await choose({ dtype, config: packed, tensors: tensorsOf('BF16', 'I4') });
    expect(choice).toMatch(`in ${dtype}: use dtype 'int4'`);
  });
});

describe('weights are compiled', () => {
  const target = (
    dtype: 'bf16' | 'fp16' | 'int4',
    tensors: TensorMap,
    of = config,
    adapters: readonly Adapter[] = [],
  ) =>
    targetOf(
      { checkpoint: { config: of, tensors, headTensor: 'model.embed_tokens.weight', adapters } },
      { ...CHOICE, dtype },
    );
  const CHOICE = { half: 'bf16', reason: '' } as const;

  test('only where they are not stored in the type', () => {
    expect(target('bf16', tensorsOf('BF16'))).toBeUndefined();
    expect(target('fp16', tensorsOf('F16'))).toBeUndefined();
    expect(target('fp16', tensorsOf('BF16'))).toEqual({ form: 'fp16' });
    expect(target('bf16', tensorsOf('F32'))).toEqual({ form: 'bf16' });
    expect(target('bf16', tensorsOf('BF16', 'I8'))).toEqual({ form: 'bf16' });
    expect(target('int4', tensorsOf('BF16'))).toEqual({ form: 'int4', bits: 8, laidOut: false });
    expect(target('int4', tensorsOf('BF16', 'I4'), packed)).toBeUndefined();
  });

  test('and wherever adapters change them', () => {
    const adapters = [{ path: '', scale: 1, file: '', updates: new Map(), replaced: new Map() }];
    expect(target('bf16', tensorsOf('BF16'), config, adapters)).toEqual({ form: 'bf16' });
    const inFour = { form: 'int4', bits: 8, laidOut: false };
    expect(target('int4', tensorsOf('BF16', 'I4'), packed, adapters)).toEqual(inFour);
  });

  test('and where there are many: a few are converted while the session is made', () => {
    const small = parseConfig({ ...JSON_4B, num_hidden_layers: 1, hidden_size: 256, intermediate_size: 512 });
    expect(target('fp16', tensorsOf('BF16'), small)).toBeUndefined();
  });
});
