import type { Qwen3Config } from '../../model/config.ts';
import { float, GraphBuilder } from '../builder.ts';
import { ElementType, encodeModel } from '../onnx-proto.ts';
import { LOGITS, type Qwen3GraphOptions } from '../qwen3.ts';
import { rotaryTables } from '../rotary.ts';
import { type HalfType, HalfWeights } from './half-weights.ts';
import { declarePagedInputs, type PagedInputs } from './paged-inputs.ts';

const MICROSOFT = 'com.microsoft';

export interface PagedGraphOptions extends Qwen3GraphOptions {
  readonly type: HalfType;
}

/**
 * The Qwen3 network for NVIDIA GPUs, in 16 bits with a float32 head. Like the graph for CPUs it runs linear layers over
 * packed tokens, each prefix once; attention, with the norms and rotations of queries and keys, is one `PagedAttention`
 * node a layer, which runs Flash Attention over sequences of any length without padding. Every node has a CUDA kernel.
 */
export function pagedGraph(options: PagedGraphOptions): Uint8Array<ArrayBuffer> {
  const { config } = options;
  const graph = new GraphBuilder();
  const weights = new HalfWeights(graph, options.tensors, options.folder, options.type);
  const inputs = declarePagedInputs(graph);
  const network = new PagedNetwork(graph, config, weights, inputs, options.positions);

  let x = weights.rows('model.embed_tokens.weight', inputs.ids);
  let added: string | undefined;
  for (let layer = 0; layer < config.layers; layer++) {
    const last = layer === config.layers - 1 ? inputs.last : undefined;
    [x, added] = network.layer(layer, x, added, last);
  }
  const state = weights.widen(added === undefined ? x : graph.node('Add', [x, added]));
  const normed = graph.node('SimplifiedLayerNormalization', [state, weights.float32('model.norm.weight')], {
    axis: -1,
    epsilon: float(config.rmsNormEps),
  });
  const head = graph.floats('head', options.head, [1, config.hiddenSize]);
  const logits = graph.node('Gemm', [normed, head], { transB: 1 });
  const output = graph.output(LOGITS, graph.node('Reshape', [logits, graph.ints(-1)]));
  return encodeModel({
    graph: graph.build('qwen3_reranker', [{ name: output, type: ElementType.FLOAT, shape: ['rows'] }]),
    opsets: { '': 24, [MICROSOFT]: 1 },
  });
}

class PagedNetwork {
  readonly #graph: GraphBuilder;
  readonly #config: Qwen3Config;
  readonly #weights: HalfWeights;
  readonly #inputs: PagedInputs;
  readonly #cos: string;
  readonly #sin: string;
  /** One memory for all layers: each writes its keys and values before it reads any. */
  readonly #cache: string;
  readonly #valueCache: string;

  constructor(
    graph: GraphBuilder,
    config: Qwen3Config,
    weights: HalfWeights,
    inputs: PagedInputs,
    positions: number,
  ) {
    this.#graph = graph;
    this.#config = config;
    this.#weights = weights;
    this.#inputs = inputs;
    const tables = rotaryTables(config, positions);
    const shape = [positions, config.headDim / 2];
    this.#cos = weights.narrow(graph.floats('rotary_cos', tables.cos, shape));
    this.#sin = weights.narrow(graph.floats('rotary_sin', tables.sin, shape));
    const cache = (name: string) =>
      graph.node('Expand', [weights.narrow(graph.floats(name, new Float32Array(1), [1])), inputs.cacheShape]);
    this.#cache = cache('key_cache_fill');
    this.#valueCache = cache('value_cache_fill');
  }

  /** The residual stream is `x + added`; returns it in the same two parts. */
  layer(layer: number, x: string, added: string | undefined, only: string | undefined): [string, string] {
    const name = (part: string) => `model.layers.${layer}.${part}.weight`;
    const [normed, stream] = this.#addNorm(x, added, name('input_layernorm'));
    const context = this.#attend(layer, normed, only);
    const attended = this.#linear(context, name('self_attn.o_proj'));
    const residual = only === undefined ? stream : this.#graph.node('Gather', [stream, only]);
    const [inner, between] = this.#addNorm(residual, attended, name('post_attention_layernorm'));
    const gate = this.#graph.node(
      'QuickGelu',
      [this.#linear(inner, name('mlp.gate_proj'))],
      { alpha: float(1) },
      MICROSOFT,
    );
    const gated = this.#graph.node('Mul', [gate, this.#linear(inner, name('mlp.up_proj'))]);
    return [between, this.#linear(gated, name('mlp.down_proj'))];
  }

  /** Norms and rotations of heads are the node's; `only` picks the packed tokens whose result is wanted. */
  #attend(layer: number, normed: string, only: string | undefined): string {
    const { heads, kvHeads, rmsNormEps } = this.#config;
    const { tokens, order, starts, past, pages, bounds } = this.#inputs;
    const name = (part: string) => `model.layers.${layer}.self_attn.${part}.weight`;
    const project = (part: string) => this.#graph.node('Gather', [this.#linear(normed, name(part)), tokens]);
    const norm = (part: string) => this.#weights.get(name(part));
    const context = this.#graph.node(
      'PagedAttention',
      [
        project('q_proj'),
        project('k_proj'),
        project('v_proj'),
        this.#cache,
        this.#valueCache,
        starts,
        past,
        pages,
        this.#cos,
        this.#sin,
        '',
        '',
        norm('q_norm'),
        norm('k_norm'),
        '',
        '',
        bounds,
      ],
      { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, qk_norm_epsilon: float(rmsNormEps) },
      MICROSOFT,
    );
    const wanted = only === undefined ? order : this.#graph.node('Gather', [order, only]);
    return this.#graph.node('Gather', [context, wanted]);
  }

  #linear(x: string, weight: string): string {
    return this.#graph.node('Gemm', [x, this.#weights.get(weight)], { transB: 1 });
  }

  /** Adds, and returns the sum both normed and as it is. */
  #addNorm(x: string, added: string | undefined, weight: string): [normed: string, sum: string] {
    const epsilon = float(this.#config.rmsNormEps);
    const scale = this.#weights.get(weight);
    if (added === undefined) {
      return [this.#graph.node('SimplifiedLayerNormalization', [x, scale], { axis: -1, epsilon }), x];
    }
    const [normed = '', sum = ''] = this.#graph.nodes(
      'SkipSimplifiedLayerNormalization',
      [x, added, scale],
      [true, false, false, true],
      { epsilon },
      MICROSOFT,
    );
    return [normed, sum];
  }
}
