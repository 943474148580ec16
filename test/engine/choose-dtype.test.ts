import { describe, expect, test } from 'vitest';
import { chooseDtype } from '../../src/engine/onnx/choose-dtype.ts';
import { canRun } from '../../src/engine/onnx/dtype.ts';
import { parseConfig, type Qwen3Config } from '../../src/model/config.ts';

const GB = 1e9;

function config(json: object): Qwen3Config {
  return parseConfig({ architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', vocab_size: 151_669, ...json });
}
/** Qwen3-Reranker-0.6B: 440 million weights in linear layers. */
const SMALL = config({
  hidden_size: 1024,
  num_hidden_layers: 28,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  head_dim: 128,
  intermediate_size: 3072,
});
/** Qwen3-Reranker-8B: 6.95 billion. */
const LARGE = config({
  hidden_size: 4096,
  num_hidden_layers: 36,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  intermediate_size: 12_288,
});
/** The embedded model: 10 million. */
const TINY = config({
  hidden_size: 384,
  num_hidden_layers: 6,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 64,
  intermediate_size: 1024,
});

describe('auto', () => {
  test.each([
    ['a small model', TINY, true, 64 * GB, 'fp32', /small: \d+ MB in fp32/],
    ['a model, on a processor with exact products', SMALL, true, 64 * GB, 'int8', /0\.4 GB instead of 1\.8 GB/],
    ['a model, on one without', SMALL, false, 64 * GB, 'fp32', /no exact 8-bit products/],
    ['little memory, on one without', SMALL, false, 2 * GB, 'int4', /fp32 would take 1\.8 GB of 2\.0 GB of memory/],
    ['a large model', LARGE, true, 16 * GB, 'int8', /6\.\d GB instead of 2\d\.\d GB/],
    ['a large model in little memory', LARGE, true, 8 * GB, 'int4', /int8 would take 6\.\d GB of 8\.0 GB of memory/],
    ['a large model, on one without', LARGE, false, 32 * GB, 'int4', /fp32 would take 2\d\.\d GB of 32\.0 GB/],
    ['a large model, on one without, in much memory', LARGE, false, 64 * GB, 'fp32', /no exact 8-bit products/],
  ] as const)('for %s', (_, config, int8, memoryBytes, dtype, reason) => {
    expect(chooseDtype({ device: 'cpu', config, int8, memoryBytes })).toEqual({
      dtype,
      reason: expect.stringMatching(reason),
    });
  });

  test.each(['cuda', 'webgpu', 'coreml', 'dml'] as const)('on %s is fp32, whatever the circumstances', (device) => {
    for (const config of [TINY, LARGE]) {
      for (const int8 of [true, false]) {
        expect(chooseDtype({ device, config, int8, memoryBytes: GB })).toEqual({
          dtype: 'fp32',
          reason: `the only type that runs on ${device}`,
        });
      }
    }
  });

  test('chooses only what the device can run', () => {
    for (const device of ['cpu', 'cuda', 'webgpu'] as const) {
      for (const memoryBytes of [GB, 10 * GB, 100 * GB]) {
        const { dtype } = chooseDtype({ device, config: LARGE, int8: true, memoryBytes });
        expect(canRun(device, dtype)).toBe(true);
      }
    }
    expect(canRun('cuda', 'int8')).toBe(false);
    for (const dtype of ['bf16', 'fp16', 'int4'] as const) expect(canRun('cuda', dtype)).toBe(true);
    expect(canRun('cpu', 'bf16')).toBe(false);
    expect(canRun('webgpu', 'int4')).toBe(false);
  });
});
