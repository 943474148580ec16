import { describe, expect, it } from 'vitest';
import type { RerankitError } from '../../src/errors.ts';
import { parseConfig } from '../../src/model/config.ts';
import { INT8_ROWS } from '../support/quantized-twin.ts';
import { TINY_CONFIG } from './tiny-model.ts';

/** The scheme that is read, with something else in it. */
function int8With(weights: object, group: object = {}): object {
  const { group_0 } = INT8_ROWS.config_groups;
  return {
    ...INT8_ROWS,
    config_groups: { group_0: { ...group_0, ...group, weights: { ...group_0.weights, ...weights } } },
  };
}

/** 4-bit weights in groups of 32, with changes. */
function int4With(weights: object): object {
  const { group_0 } = INT8_ROWS.config_groups;
  const int4 = { ...group_0.weights, num_bits: 4, strategy: 'group', group_size: 32, ...weights };
  return { ...INT8_ROWS, format: 'pack-quantized', config_groups: { group_0: { ...group_0, weights: int4 } } };
}

function refusal(change: object): RerankitError {
  try {
    parseConfig({ ...TINY_CONFIG, ...change });
  } catch (error) {
    return error as RerankitError;
  }
  throw new Error('expected a refusal');
}

describe('config.json', () => {
  it('is understood in the old key style', () => {
    const old = {
      ...TINY_CONFIG,
      rope_scaling: null,
      torch_dtype: 'bfloat16',
      rms_norm_eps: 1e-5,
      sliding_window: null,
    };
    expect(parseConfig({ ...old, max_position_embeddings: 40960 })).toEqual({
      vocabSize: 11,
      hiddenSize: 8,
      layers: 2,
      heads: 4,
      kvHeads: 2,
      headDim: 6,
      intermediateSize: 10,
      rmsNormEps: 1e-5,
      ropeTheta: 1_000_000,
      maxPositions: 40960,
      tiedEmbeddings: true,
      head: 'causal-lm',
    });
  });

  it('is understood in the new key style', () => {
    const { rope_theta: _, ...rest } = TINY_CONFIG;
    const layers = { layer_types: ['full_attention', 'full_attention'], dtype: 'bfloat16' };
    const rope = { rope_parameters: { rope_theta: 5e6, rope_type: 'default' } };
    expect(parseConfig({ ...rest, ...layers, ...rope }).ropeTheta).toBe(5e6);
    expect(parseConfig({ ...TINY_CONFIG, ...rope }).ropeTheta).toBe(5e6);
    expect(parseConfig({ ...TINY_CONFIG, rope_scaling: { type: 'default' } }).ropeTheta).toBe(1e6);
  });

  it('has the defaults of transformers', () => {
    expect(parseConfig({ model_type: 'qwen3' })).toEqual({
      vocabSize: 151936,
      hiddenSize: 4096,
      layers: 32,
      heads: 32,
      kvHeads: 32,
      headDim: 128,
      intermediateSize: 22016,
      rmsNormEps: 1e-6,
      ropeTheta: 10_000,
      maxPositions: 32768,
      tiedEmbeddings: false,
      head: 'causal-lm',
    });
  });

  it('takes null for head counts that follow from others', () => {
    expect(parseConfig({ ...TINY_CONFIG, num_key_value_heads: null }).kvHeads).toBe(4);
    expect(parseConfig({ ...TINY_CONFIG, head_dim: null }).headDim).toBe(2);
  });

  it('knows the sequence-classification form', () => {
    const architectures = ['Qwen3ForSequenceClassification'];
    for (const labels of [{}, { num_labels: 1 }, { id2label: { '0': 'LABEL_0' } }]) {
      expect(parseConfig({ ...TINY_CONFIG, architectures, ...labels }).head).toBe('sequence-classification');
    }
    expect(refusal({ architectures, num_labels: 2 })).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    expect(refusal({ architectures, id2label: { '0': 'a', '1': 'b' } }).message).toMatch(/2 labels/);
  });

  it.each([
    [{ architectures: ['LlamaForCausalLM'] }, /"LlamaForCausalLM" is not supported; Qwen3ForCausalLM and/],
    [{ architectures: ['Qwen3Model'] }, /embedding/],
    [{ architectures: ['Qwen3MoeForCausalLM'] }, /Qwen3MoeForCausalLM/],
    [{ architectures: ['toString'] }, /toString/],
    [{ architectures: 7 }, /architecture 7/],
    [{ architectures: undefined, model_type: 'bert' }, /model type "bert"/],
    [{ architectures: undefined, model_type: undefined }, /model type undefined/],
    [{ model_type: 'qwen2' }, /model_type is "qwen2"/],
    [{ attention_bias: true }, /attention_bias is true/],
    [{ hidden_act: 'gelu' }, /hidden_act is "gelu"/],
    [{ use_sliding_window: true }, /use_sliding_window/],
    [{ use_bidirectional_attention: true }, /use_bidirectional_attention/],
    [{ is_causal: false }, /is_causal/],
    [{ layer_types: ['full_attention', 'sliding_attention'] }, /sliding_attention/],
    [{ quantization_config: { quant_method: 'awq' } }, /quantized .*"awq"/],
    [{ quantization_config: { ...INT8_ROWS, format: 'float-quantized' } }, /format is "float-quantized"/],
    [{ quantization_config: { ...INT8_ROWS, format: 'pack-quantized' } }, /weights\.group_size is undefined/],
    [{ quantization_config: int4With({ num_bits: 8 }) }, /weights\.num_bits is 8/],
    [{ quantization_config: int4With({ group_size: 48 }) }, /weights\.group_size is 48/],
    [{ quantization_config: int4With({ symmetric: false }) }, /weights\.symmetric is false/],
    [{ quantization_config: int4With({ actorder: 'group' }) }, /weights\.actorder is "group"/],
    [{ quantization_config: { ...INT8_ROWS, config_groups: {} } }, /config_groups is empty/],
    [{ quantization_config: { ...INT8_ROWS, config_groups: { a: { targets: [] } } } }, /a group has no weights/],
    [{ quantization_config: int8With({ num_bits: 4 }) }, /weights\.num_bits is 4/],
    [{ quantization_config: int8With({ strategy: 'group', group_size: 128 }) }, /weights\.strategy is "group"/],
    [{ quantization_config: int8With({ group_size: 128 }) }, /weights\.group_size is 128/],
    [{ quantization_config: int8With({}, { input_activations: { num_bits: 8 } }) }, /input_activations is set/],
    [{ rope_scaling: { rope_type: 'yarn', factor: 4 } }, /rope_scaling asks for the RoPE type "yarn"/],
    [{ rope_scaling: { type: 'linear', factor: 2 } }, /"linear"/],
    [{ rope_parameters: { rope_type: 'yarn' } }, /rope_parameters asks/],
    [{ rope_parameters: { full_attention: { rope_type: 'default' } } }, /full_attention/],
    [{ rope_parameters: { partial_rotary_factor: 0.5 } }, /partial_rotary_factor/],
  ])('refuses %o', (change, message) => {
    expect(refusal(change)).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringMatching(message) });
  });

  it.each([
    { hidden_size: 0 },
    { hidden_size: '8' },
    { hidden_size: null },
    { hidden_size: 8.5 },
    { num_hidden_layers: -1 },
    { num_hidden_layers: 1e9 },
    { vocab_size: Number.NaN },
    { num_attention_heads: 3, head_dim: null },
    { num_key_value_heads: 3 },
    { head_dim: 5 },
    { intermediate_size: {} },
    { rms_norm_eps: 0 },
    { rms_norm_eps: '1e-6' },
    { rope_theta: -1 },
    { rope_theta: '10000' },
    { rope_parameters: 'default' },
    { max_position_embeddings: 0 },
    { tie_word_embeddings: 'yes' },
  ])('refuses the senseless %o', (change) => {
    const error = refusal(change);
    expect(error.code).toBe('MODEL_INVALID');
    expect(Object.keys(change).some((key) => error.message.includes(key))).toBe(true);
  });
});

it('knows two schemes of quantization', () => {
  const schemeOf = (config: object) => parseConfig({ ...TINY_CONFIG, quantization_config: config }).quantization;
  expect(schemeOf(INT8_ROWS)).toEqual({ kind: 'int8-rows' });
  expect(schemeOf(int4With({}))).toEqual({ kind: 'int4-groups', group: 32 });
  expect(schemeOf(int4With({ group_size: 128 }))).toEqual({ kind: 'int4-groups', group: 128 });
  expect(parseConfig({ ...TINY_CONFIG, quantization_config: null }).quantization).toBeUndefined();
});
