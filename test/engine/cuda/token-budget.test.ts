import { expect, test } from 'vitest';
import { cudaTokenBudget } from '../../../src/engine/onnx/cuda/token-budget.ts';
import { parseConfig } from '../../../src/model/config.ts';

const config = parseConfig({
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: 2560,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  intermediate_size: 9728,
});

test('a large GPU gets the most, a full one the least, one between them what fits', () => {
  expect(cudaTokenBudget(config, 70 * 2 ** 30)).toBe(16_384);
  expect(cudaTokenBudget(config, 0)).toBe(2048);
  const between = cudaTokenBudget(config, 2 ** 30);
  expect(between).toBeGreaterThan(2048);
  expect(between).toBeLessThan(16_384);
});

test('without knowledge of the memory a middle way', () => {
  expect(cudaTokenBudget(config, undefined)).toBe(8192);
});
