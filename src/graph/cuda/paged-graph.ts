import type { Qwen3Config } from '../../model/config.ts';
import { float, GraphBuilder } from '../builder.ts';
import { encodeModel } from '../onnx-proto.ts';
import { declareOutput } from '../output.ts';
import type { Qwen3GraphOptions } from '../qwen3.ts';
import { type HalfLinear, halfLinear, int4HalfLinear } from './half-linear.ts';
import type { HalfType } from './half-types.ts';
import { HalfWeights } from './half-weights.ts';
import { PagedAttention } from './paged-attention.ts';
import { declarePagedInputs } from './paged-inputs.ts';

const MICROSOFT = 'com.microsoft';

export interface PagedGraphOptions extends Qwen3GraphOptions {
  /** What activations are in, and weights that are not in 4 bits. */
  readonly type: HalfType;
}

/**
 * The Qwen3 network for NVIDIA GPUs, in 16 bits with a float32 head; the matrices may be in 4 bits. Like the graph for
 * CPUs it runs linear layers over packed tokens, each prefix once; attention is one `PagedAttention` node a layer, which
 * runs Flash Attention over sequences of any lengths. Every node has a CUDA kernel, and no index list is needed on the
 * host.
 */
export function pagedGraph(options: PagedGraphOptions): Uint8Array<ArrayBuffer> {
  const { config, positions, matrices } = options;
  const graph = new GraphBuilder();
  const weights = new HalfWeights(graph, options.tensors, options.folder, options.type);
  const inputs = declarePagedInputs(graph);
  const attention = new PagedAttention(graph, config, weights, inputs, positions);
  const linear = matrices ? int4HalfLinear(graph, weights, matrices) : halfLinear(graph, weights);
  const network = new PagedNetwork(graph, config, weights, attention, linear);

  let stream: Stream = { x: weights.rows('model.embed_tokens.weight', inputs.ids) };
  for (let layer = 0; layer < config.layers; layer++) {
    stream = network.layer(layer, stream, layer === config.layers - 1 ? inputs.last : undefined);
  }
  const { x, added } = stream;
  const state = added === undefined ? weights.widen(x) : graph.node('Add', [weights.widen(x), weights.widen(added)]);
  const normed = graph.node('SimplifiedLayerNormalization', [state, weights.float32('model.norm.weight')], {
    axis: -1,
    epsilon: float(config.rmsNormEps),
  });
  return encodeModel({
    graph: graph.build('qwen3', [declareOutput(graph, config, normed, 'rows')]),
    opsets: { '': 24, [MICROSOFT]: 1 },
  });
}

/** The residual stream is the sum of both parts: the addition is left to the norm that comes next. */
interface Stream {
  readonly x: string;
  readonly added?: string;
}

class PagedNetwork {
  readonly #graph: GraphBuilder;
  readonly #config: Qwen3Config;
  readonly #weights: HalfWeights;
  readonly #attention: PagedAttention;
  readonly #linear: HalfLinear;

  constructor(
    graph: GraphBuilder,
    config: Qwen3Config,
    weights: HalfWeights,
    attention: PagedAttention,
    linear: HalfLinear,
  ) {
    this.#graph = graph;
    this.#config = config;
    this.#weights = weights;
    this.#attention = attention;
    this.#linear = linear;
  }

  /** `only` are the tokens that anything behind this layer reads. */
  layer(layer: number, stream: Stream, only: string | undefined): Stream {
    const name = (part: string) => `model.layers.${layer}.${part}.weight`;
    const pick = (value: string) => (only === undefined ? value : this.#graph.node('Gather', [value, only]));
    const before = this.#norm(stream, name('input_layernorm'));
    const [q, k, v] = ['q', 'k', 'v'].map((part) => this.#linear(before.normed, name(`self_attn.${part}_proj`)));
    const context = this.#attention.attend(layer, q as string, k as string, v as string);
    const attended = this.#linear(pick(context), name('self_attn.o_proj'));
    const between = this.#norm({ x: pick(before.sum), added: attended }, name('post_attention_layernorm'));
    return { x: between.sum, added: this.#mlp(between.normed, name) };
  }

  #mlp(x: string, name: (part: string) => string): string {
    const gate = this.#linear(x, name('mlp.gate_proj'));
    const up = this.#linear(x, name('mlp.up_proj'));
    return this.#linear(this.#gated(gate, up), name('mlp.down_proj'));
  }

  /** `up * silu(gate)`. */
  #gated(gate: string, up: string): string {
    const activated = this.#graph.node('QuickGelu', [gate], { alpha: float(1) }, MICROSOFT);
    return this.#graph.node('Mul', [activated, up]);
  }

  #norm({ x, added }: Stream, weight: string): { normed: string; sum: string } {
    const epsilon = float(this.#config.rmsNormEps);
    const scale = this.#weights.get(weight);
    if (added === undefined) {
      return { normed: this.#graph.node('SimplifiedLayerNormalization', [x, scale], { axis: -1, epsilon }), sum: x };
    }
    const [normed = '', sum = ''] = this.#graph.nodes(
      'SkipSimplifiedLayerNormalization',
      [x, added, scale],
      [true, false, false, true],
      { epsilon },
      MICROSOFT,
    );
    return { normed, sum };
  }
}
