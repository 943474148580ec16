import { type AttributeValue, float, GraphBuilder } from '../../../src/graph/builder.ts';
import { ElementType, encodeModel, type Node, type Tensor, type Value } from '../../../src/graph/onnx-proto.ts';
import { rotaryTables } from '../../../src/graph/rotary.ts';
import type { Qwen3Config } from '../../../src/model/config.ts';

const CONTRIB = 'com.microsoft';
const { FLOAT, INT32, INT64 } = ElementType;

/** Finds a weight, float32, by its name in the checkpoint. */
export type FindWeight = (name: string) => Tensor;

/** What an export gives at every position: logits of the whole vocabulary, or the last hidden state. */
export type ExportOutput = 'causal-lm' | 'features';

export interface ExportOptions {
  readonly output: ExportOutput;
  /** Positions of the rotary tables. */
  readonly positions: number;
  readonly weight: FindWeight;
}

/**
 * An ordinary export of a decoder: `input_ids`, `attention_mask` and `position_ids`, [batch, length], padded on the right; a
 * key-value cache that may be empty; `logits` or `last_hidden_state` at every position. Attention, norms and SiLU are the
 * fused operators that optimised exports have.
 */
export function exportGraph(
  config: Qwen3Config,
  { output, positions, weight }: ExportOptions,
): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder();
  const network = new Decoder(graph, config, weight);
  const ids = graph.input('input_ids', INT64, ['batch_size', 'sequence_length']);
  const mask = graph.input('attention_mask', INT64, ['batch_size', 'total_sequence_length']);
  const at = graph.input('position_ids', INT64, ['batch_size', 'sequence_length']);
  const tables = rotaryTables(config, positions);
  const half = [positions, config.headDim / 2];
  const context: Context = {
    at,
    cos: graph.floats('cos_cache', tables.cos, half),
    sin: graph.floats('sin_cache', tables.sin, half),
    ...network.lengths(mask),
  };

  let x = graph.node('Gather', [network.weight('model.embed_tokens.weight'), ids]);
  for (let layer = 0; layer < config.layers; layer++) x = network.layer(layer, x, context);
  const states = network.norm(x, 'model.norm.weight');
  const outputs = [
    output === 'features' ? statesOutput(graph, config, states) : logitsOutput(graph, config, network, states),
  ];
  for (let layer = 0; layer < config.layers; layer++) {
    for (const part of ['key', 'value']) {
      const shape = ['batch_size', config.kvHeads, 'total_sequence_length', config.headDim];
      outputs.push({ name: `present.${layer}.${part}`, type: FLOAT, shape });
    }
  }
  const built = graph.build('decoder', outputs);
  const nodes = built.nodes.map((node) => network.withPresent(node));
  return encodeModel({ graph: { ...built, nodes }, opsets: { '': 21, [CONTRIB]: 1 } });
}

function statesOutput(graph: GraphBuilder, { hiddenSize }: Qwen3Config, states: string): Value {
  const shape = ['batch_size', 'sequence_length', hiddenSize];
  return { name: graph.output('last_hidden_state', states), type: FLOAT, shape };
}

function logitsOutput(graph: GraphBuilder, config: Qwen3Config, network: Decoder, states: string): Value {
  const head = config.tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  const logits = network.linear(states, head, config.hiddenSize, config.vocabSize);
  const shape = ['batch_size', 'sequence_length', config.vocabSize];
  return { name: graph.output('logits', logits), type: FLOAT, shape };
}

interface Context {
  readonly at: string;
  readonly cos: string;
  readonly sin: string;
  /** int32 [batch]: tokens of each row, less one. */
  readonly lastKeys: string;
  /** int32: the length that rows are padded to. */
  readonly total: string;
}

class Decoder {
  readonly #graph: GraphBuilder;
  readonly #config: Qwen3Config;
  readonly #find: FindWeight;
  readonly #weights = new Map<string, string>();
  /** Layers by the name of their attention node. */
  readonly #attention = new Map<string, number>();

  constructor(graph: GraphBuilder, config: Qwen3Config, find: FindWeight) {
    this.#graph = graph;
    this.#config = config;
    this.#find = find;
  }

  weight(name: string): string {
    const known = this.#weights.get(name);
    if (known !== undefined) return known;
    this.#weights.set(name, this.#graph.external(this.#find(name)));
    return name;
  }

  lengths(mask: string): Pick<Context, 'lastKeys' | 'total'> {
    const int32 = (value: string) => this.#node('Cast', [value], { to: INT32 });
    const tokens = this.#node('ReduceSum', [mask, this.#graph.ints(1)], { keepdims: 0 });
    const length = this.#node('Gather', [this.#node('Shape', [mask]), this.#graph.ints(1)]);
    return {
      lastKeys: int32(this.#node('Sub', [tokens, this.#graph.ints(1)])),
      total: int32(this.#node('Squeeze', [length])),
    };
  }

  layer(layer: number, x: string, context: Context): string {
    const { heads, kvHeads, headDim, hiddenSize, intermediateSize } = this.#config;
    const name = (part: string) => `model.layers.${layer}.${part}.weight`;
    const normed = this.norm(x, name('input_layernorm'));
    const project = (part: string, count: number) =>
      this.linear(normed, name(`self_attn.${part}_proj`), hiddenSize, count * headDim);
    const q = this.#rotate(project('q', heads), name('self_attn.q_norm'), heads, context);
    const k = this.#rotate(project('k', kvHeads), name('self_attn.k_norm'), kvHeads, context);
    const attended = this.#attend(layer, [q, k, project('v', kvHeads)], context);
    const output = this.linear(attended, name('self_attn.o_proj'), heads * headDim, hiddenSize);
    const middle = this.#node('Add', [x, output]);

    const inner = this.norm(middle, name('post_attention_layernorm'));
    const expand = (part: string) => this.linear(inner, name(`mlp.${part}_proj`), hiddenSize, intermediateSize);
    const gate = this.#node('QuickGelu', [expand('gate')], { alpha: float(1) }, CONTRIB);
    const gated = this.#node('Mul', [gate, expand('up')]);
    return this.#node('Add', [middle, this.linear(gated, name('mlp.down_proj'), intermediateSize, hiddenSize)]);
  }

  /** One matrix product over all tokens of the batch, padding included. */
  linear(x: string, weight: string, inputs: number, outputs: number): string {
    const rows = this.#node('Reshape', [x, this.#graph.ints(-1, inputs)]);
    const product = this.#node('Gemm', [rows, this.weight(weight)], { transB: 1 });
    const shape = this.#node('Shape', [x], { end: 2 });
    return this.#node('Reshape', [product, this.#node('Concat', [shape, this.#graph.ints(outputs)], { axis: 0 })]);
  }

  norm(x: string, weight: string): string {
    const epsilon = float(this.#config.rmsNormEps);
    return this.#node('SimplifiedLayerNormalization', [x, this.weight(weight)], { axis: -1, epsilon });
  }

  /** Attention nodes give the keys and values too, which the builder has no names for. */
  withPresent(node: Node): Node {
    const layer = this.#attention.get(node.name);
    if (layer === undefined) return node;
    return { ...node, outputs: [...node.outputs, `present.${layer}.key`, `present.${layer}.value`] };
  }

  /** Norm of each head, then rotation. */
  #rotate(x: string, weight: string, heads: number, { at, cos, sin }: Context): string {
    const { headDim } = this.#config;
    const perHead = this.#node('Reshape', [x, this.#graph.ints(0, 0, heads, headDim)]);
    const normed = this.#node('Reshape', [this.norm(perHead, weight), this.#graph.ints(0, 0, heads * headDim)]);
    return this.#node('RotaryEmbedding', [normed, at, cos, sin], { num_heads: heads }, CONTRIB);
  }

  #attend(layer: number, inputs: readonly string[], { lastKeys, total }: Context): string {
    const { heads, kvHeads, headDim } = this.#config;
    const past = ['key', 'value'].map((part) => {
      const shape = ['batch_size', kvHeads, 'past_sequence_length', headDim];
      return this.#graph.input(`past_key_values.${layer}.${part}`, FLOAT, shape);
    });
    const attributes = { num_heads: heads, kv_num_heads: kvHeads, scale: float(headDim ** -0.5) };
    const output = this.#node('GroupQueryAttention', [...inputs, ...past, lastKeys, total], attributes, CONTRIB);
    this.#attention.set(output, layer);
    return output;
  }

  #node(op: string, inputs: string[], attributes: Record<string, AttributeValue> = {}, domain = ''): string {
    return this.#graph.node(op, inputs, attributes, domain);
  }
}
