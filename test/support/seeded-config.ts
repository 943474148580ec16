import type { SeededCheckpointSpec } from './seeded-spec.ts';

const DTYPE_NAMES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/** The checkpoint's config.json. */
export function seededConfig(spec: SeededCheckpointSpec): Record<string, unknown> {
  const classifier = spec.head === 'sequence-classification';
  const dtype = DTYPE_NAMES[spec.dtype];
  return {
    architectures: [classifier ? 'Qwen3ForSequenceClassification' : 'Qwen3ForCausalLM'],
    model_type: 'qwen3',
    vocab_size: spec.vocabSize,
    hidden_size: spec.hidden,
    num_hidden_layers: spec.layers,
    num_attention_heads: spec.heads,
    num_key_value_heads: spec.kvHeads,
    head_dim: spec.headDim,
    intermediate_size: spec.intermediate,
    rms_norm_eps: spec.rmsNormEps,
    max_position_embeddings: spec.maxPositions,
    attention_bias: false,
    hidden_act: 'silu',
    tie_word_embeddings: spec.tied,
    ...(classifier ? { id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 } } : {}),
    ...(spec.configStyle === 'old'
      ? { rope_theta: spec.ropeTheta, torch_dtype: dtype }
      : { rope_parameters: { rope_theta: spec.ropeTheta, rope_type: 'default' }, dtype }),
  };
}
