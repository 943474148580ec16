import type { Qwen3Config } from '../model/config.ts';
import type { TensorMap } from '../model/safetensors.ts';
import { attend } from './attention.ts';
import { float, GraphBuilder } from './builder.ts';
import { floatLayers, type LinearLayers, packedLayers } from './linear/index.ts';
import { ElementType, encodeModel } from './onnx-proto.ts';
import { declareOutput } from './output.ts';
import type { PackedMatrices } from './packed-matrices.ts';
import { ALL_TOKENS, declareGroups, type Groups, INPUT, LAST_TOKENS } from './ragged-inputs.ts';
import { rotaryTables } from './rotary.ts';
import { Weights } from './weights.ts';

/** The graph's names for T and N, the numbers of packed tokens and of scored rows. */
const TOKENS = 'tokens';
const ROWS = 'rows';

export interface Qwen3GraphOptions {
  readonly config: Qwen3Config;
  readonly tensors: TensorMap;
  /** Folder that holds all weight files. */
  readonly folder: string;
  /** The linear layers' matrices, where they are not to be taken from `tensors` as float32. */
  readonly matrices?: PackedMatrices | undefined;
  /** The longest sequence that will be run, in tokens. */
  readonly positions: number;
}

/**
 * Writes the Qwen3 network as an ONNX model over packed tokens `[T]`: every linear layer and norm sees all tokens of a
 * micro-batch in one matrix without padding, attention alone sees rectangles, and the last layer computes nothing that no
 * output reads. What the last hidden state is multiplied with (`yes` minus `no`, or the score head) is an input: the rest
 * can be loaded while the tokenizer is still to say which tokens these are. An embedder has no such input.
 */
export function qwen3Graph(options: Qwen3GraphOptions): Uint8Array<ArrayBuffer> {
  const { config } = options;
  const graph = new GraphBuilder();
  const weights = new Weights(graph, options.tensors, options.folder);
  const linear = options.matrices ? packedLayers(graph, options.matrices) : floatLayers(graph, weights);
  const network = new Network(graph, config, weights, linear);
  const ids = graph.input(INPUT.ids, ElementType.INT32, [TOKENS]);
  const positions = graph.input(INPUT.positions, ElementType.INT32, [TOKENS]);
  const last = graph.input(INPUT.last, ElementType.INT32, [ROWS]);
  const allTokens = declareGroups(graph, ALL_TOKENS, TOKENS);
  const lastTokens = declareGroups(graph, LAST_TOKENS, ROWS);

  const tables = rotaryTables(config, options.positions);
  const shape = [options.positions, config.headDim / 2];
  const cos = graph.floats('rotary_cos', tables.cos, shape);
  const sin = graph.floats('rotary_sin', tables.sin, shape);
  const rotation = (at: string) => ({ cos: network.rows(cos, at), sin: network.rows(sin, at) });
  const here = rotation(positions);
  const there = rotation(graph.node('Gather', [positions, last]));

  let x = weights.rows('model.embed_tokens.weight', ids);
  for (let layer = 0; layer < config.layers; layer++) {
    const isLast = layer === config.layers - 1;
    x = network.layer(
      layer,
      x,
      here,
      isLast ? { groups: lastTokens, only: last, rotation: there } : { groups: allTokens },
    );
  }
  const states = network.norm(x, 'model.norm.weight');
  return encodeModel({
    graph: graph.build('qwen3', [declareOutput(graph, config, states, ROWS)]),
    opsets: { '': 24, 'com.microsoft': 1 },
  });
}

interface Rotation {
  readonly cos: string;
  readonly sin: string;
}

/** Who attends in a layer: all tokens, or `only` some, whose rotation is given then. */
interface Attending {
  readonly groups: Groups;
  readonly only?: string;
  readonly rotation?: Rotation;
}

class Network {
  readonly #graph: GraphBuilder;
  readonly #config: Qwen3Config;
  readonly #weights: Weights;
  readonly #linear: LinearLayers;

  constructor(graph: GraphBuilder, config: Qwen3Config, weights: Weights, linear: LinearLayers) {
    this.#graph = graph;
    this.#config = config;
    this.#weights = weights;
    this.#linear = linear;
  }

  layer(layer: number, x: string, here: Rotation, { groups, only, rotation }: Attending): string {
    const name = (part: string) => `model.layers.${layer}.${part}.weight`;
    const { heads, kvHeads } = this.#config;
    const normed = this.norm(x, name('input_layernorm'));
    const pick = (value: string) => (only === undefined ? value : this.#graph.node('Gather', [value, only]));

    const rows = only === undefined ? TOKENS : ROWS;
    const all = this.#linear.prepare({ values: normed, rows: TOKENS });
    const attending = only === undefined ? all : this.#linear.prepare({ values: pick(normed), rows });
    // A norm follows, which takes out whatever a row was multiplied with.
    const { values: keys } = this.#linear.multiplyUnscaled(all, name('self_attn.k_proj'));
    const { values: queries } = this.#linear.multiplyUnscaled(attending, name('self_attn.q_proj'));
    const k = this.#rotate(keys, TOKENS, name('self_attn.k_norm'), kvHeads, here);
    const v = this.#linear.multiply(all, name('self_attn.v_proj'));
    const q = this.#rotate(queries, rows, name('self_attn.q_norm'), heads, rotation ?? here);
    const context = attend(this.#graph, this.#config, groups, q, k, v);
    const attended = this.#linear.project({ values: context, rows }, name('self_attn.o_proj'), pick(x));

    const inner = this.#linear.prepare({ values: this.norm(attended, name('post_attention_layernorm')), rows });
    const gate = this.#linear.multiply(inner, name('mlp.gate_proj'));
    const silu = this.#graph.node('QuickGelu', [gate], { alpha: float(1) }, 'com.microsoft');
    const up = this.#linear.multiplyUnscaled(inner, name('mlp.up_proj'));
    const gated = { ...up, values: this.#graph.node('Mul', [silu, up.values]) };
    return this.#linear.project(gated, name('mlp.down_proj'), attended);
  }

  norm(x: string, weight: string): string {
    const epsilon = float(this.#config.rmsNormEps);
    return this.#graph.node('SimplifiedLayerNormalization', [x, this.#weights.float32(weight)], { axis: -1, epsilon });
  }

  /** [n, m] rows of a table as [1, n, m], the shape that RotaryEmbedding wants. */
  rows(table: string, at: string): string {
    return this.#graph.node('Unsqueeze', [this.#graph.node('Gather', [table, at]), this.#graph.ints(0)]);
  }

  /** Norm of each head, then rotation. */
  #rotate(x: string, rows: string, weight: string, heads: number, { cos, sin }: Rotation): string {
    const { headDim } = this.#config;
    const { FLOAT } = ElementType;
    const perHead = this.norm(this.#graph.reshape(x, FLOAT, [rows, heads, headDim]), weight);
    const packed = this.#graph.reshape(perHead, FLOAT, [1, rows, heads * headDim]);
    const rotated = this.#graph.node('RotaryEmbedding', [packed, cos, sin], { num_heads: heads });
    return this.#graph.reshape(rotated, FLOAT, [rows, heads * headDim]);
  }
}
