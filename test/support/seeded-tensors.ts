import type { SeededCheckpointSpec } from './seeded-spec.ts';

/** A tensor to be filled with random values of a mean and a standard deviation. */
export interface SeededTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly std: number;
}

/**
 * Every tensor of the checkpoint, in file order.
 *
 * The scales make a score depend on every part of the network: projections keep the size of what they read; attention and
 * MLP outputs are as large as the embedding they are added to; q and k norms around 1.4 make attention choose between
 * tokens instead of averaging; norm weights vary, so that a forgotten one shows; and the head spreads logits over several
 * units.
 */
export function seededTensors(spec: SeededCheckpointSpec): SeededTensor[] {
  const { hidden, intermediate, headDim, vocabSize } = spec;
  const querySize = spec.heads * headDim;
  const keySize = spec.kvHeads * headDim;
  const classifier = spec.head === 'sequence-classification';
  const headStd = 3 / Math.sqrt(2 * hidden);
  const tensors: SeededTensor[] = [];
  const add = (name: string, shape: readonly number[], mean: number, std: number) => {
    tensors.push({ name, shape, mean, std });
  };

  add('model.embed_tokens.weight', [vocabSize, hidden], 0, spec.tied && !classifier ? headStd : 0.5);
  for (let layer = 0; layer < spec.layers; layer++) {
    const at = `model.layers.${layer}.`;
    add(`${at}input_layernorm.weight`, [hidden], 1, 0.2);
    add(`${at}self_attn.q_proj.weight`, [querySize, hidden], 0, 1 / Math.sqrt(hidden));
    add(`${at}self_attn.k_proj.weight`, [keySize, hidden], 0, 1 / Math.sqrt(hidden));
    add(`${at}self_attn.v_proj.weight`, [keySize, hidden], 0, 1 / Math.sqrt(hidden));
    add(`${at}self_attn.q_norm.weight`, [headDim], 1.4, 0.2);
    add(`${at}self_attn.k_norm.weight`, [headDim], 1.4, 0.2);
    add(`${at}self_attn.o_proj.weight`, [hidden, querySize], 0, 1.5 / Math.sqrt(querySize));
    add(`${at}post_attention_layernorm.weight`, [hidden], 1, 0.2);
    add(`${at}mlp.gate_proj.weight`, [intermediate, hidden], 0, 1.5 / Math.sqrt(hidden));
    add(`${at}mlp.up_proj.weight`, [intermediate, hidden], 0, 1.5 / Math.sqrt(hidden));
    add(`${at}mlp.down_proj.weight`, [hidden, intermediate], 0, 1 / Math.sqrt(intermediate));
  }
  add('model.norm.weight', [hidden], 1, 0.2);
  if (classifier) add('score.weight', [1, hidden], 0, 3 / Math.sqrt(hidden));
  else if (!spec.tied) add('lm_head.weight', [vocabSize, hidden], 0, headStd);
  return tensors;
}

/** How many values the tensor holds. */
export function tensorSize(tensor: SeededTensor): number {
  return tensor.shape.reduce((product, length) => product * length, 1);
}
