import type { Qwen3Config } from '../../../src/model/config.ts';
import { networkTensors } from '../../../src/model/network-tensors.ts';
import type { GgmlTypeName, GgufTensor } from './format.ts';

/** A tensor of the GGUF file, and the one of the checkpoint that it is made of. */
export interface Conversion extends GgufTensor {
  readonly source: string;
}

const PARTS: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/**
 * All tensors but the head. Linear layers are of the wanted type, vectors are float32. The embedding, of which rows are
 * looked up and nothing is multiplied, is Q8_0 where linear layers are Q4_0.
 */
export function conversions(config: Qwen3Config, linear: GgmlTypeName): Conversion[] {
  const shapes = [...networkTensors(config)].filter(([name]) => name !== 'lm_head.weight');
  return shapes.map(([source, shape]) => {
    const name = rename(source);
    if (shape.length === 1) return { source, name, shape, type: 'F32' };
    const embedding = linear === 'Q4_0' ? 'Q8_0' : linear;
    return { source, name, shape, type: name === 'token_embd.weight' ? embedding : linear };
  });
}

function rename(source: string): string {
  if (source === 'model.embed_tokens.weight') return 'token_embd.weight';
  if (source === 'model.norm.weight') return 'output_norm.weight';
  const [, layer, part = ''] = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(source) ?? [];
  const name = PARTS[part];
  if (layer === undefined || name === undefined) throw new Error(`No GGUF name for ${source}`);
  return `blk.${layer}.${name}.weight`;
}
