import type { Qwen3Config } from './config.ts';

/** The tensor that turns the last hidden state into logits. */
export type HeadTensor = 'lm_head.weight' | 'model.embed_tokens.weight' | 'score.weight';

/** Which tensor is the head; `undefined` for an embedder. A tied config wins over an `lm_head.weight` that was saved all the same, as in transformers. */
export function headTensor(config: Qwen3Config): HeadTensor | undefined {
  if (config.head === 'none') return undefined;
  if (config.head === 'sequence-classification') return 'score.weight';
  return config.tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
}

/** Every tensor the network reads, with its shape, in the order of computation. Matrices are stored [out, in]. */
export function networkTensors(config: Qwen3Config): Map<string, readonly number[]> {
  const { vocabSize, hiddenSize, headDim, intermediateSize } = config;
  const queries = config.heads * headDim;
  const keys = config.kvHeads * headDim;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [vocabSize, hiddenSize]]]);
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    shapes
      .set(`${prefix}.input_layernorm.weight`, [hiddenSize])
      .set(`${prefix}.self_attn.q_proj.weight`, [queries, hiddenSize])
      .set(`${prefix}.self_attn.k_proj.weight`, [keys, hiddenSize])
      .set(`${prefix}.self_attn.v_proj.weight`, [keys, hiddenSize])
      .set(`${prefix}.self_attn.q_norm.weight`, [headDim])
      .set(`${prefix}.self_attn.k_norm.weight`, [headDim])
      .set(`${prefix}.self_attn.o_proj.weight`, [hiddenSize, queries])
      .set(`${prefix}.post_attention_layernorm.weight`, [hiddenSize])
      .set(`${prefix}.mlp.gate_proj.weight`, [intermediateSize, hiddenSize])
      .set(`${prefix}.mlp.up_proj.weight`, [intermediateSize, hiddenSize])
      .set(`${prefix}.mlp.down_proj.weight`, [hiddenSize, intermediateSize]);
  }
  shapes.set('model.norm.weight', [hiddenSize]);
  const head = headTensor(config);
  if (head !== undefined) shapes.set(head, [config.head === 'sequence-classification' ? 1 : vocabSize, hiddenSize]);
  return shapes;
}

/** Whether a tensor is the matrix of a linear layer: what nearly all the arithmetic is spent on. */
export function isLinear(name: string): boolean {
  return /^model\.layers\.\d+\..+_proj\.weight$/.test(name);
}
