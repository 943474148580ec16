import type { Qwen3Config } from '../../model/config.ts';
import { float, type GraphBuilder } from '../builder.ts';
import { rotaryTables } from '../rotary.ts';
import type { HalfWeights } from './half-weights.ts';
import type { PagedInputs } from './paged-inputs.ts';

/** Causal attention over packed tokens in pages, with the norms and rotations of heads before it. */
export class PagedAttention {
  readonly #graph: GraphBuilder;
  readonly #config: Qwen3Config;
  readonly #weights: HalfWeights;
  readonly #inputs: PagedInputs;
  readonly #cos: string;
  readonly #sin: string;

  /** `positions` is the length of the longest prompt. */
  constructor(graph: GraphBuilder, config: Qwen3Config, weights: HalfWeights, inputs: PagedInputs, positions: number) {
    this.#graph = graph;
    this.#config = config;
    this.#weights = weights;
    this.#inputs = inputs;
    const tables = rotaryTables(config, positions);
    const rows = (name: string, values: Float32Array) => {
      const table = weights.narrow(graph.floats(name, values, [positions, config.headDim / 2]));
      return graph.node('Unsqueeze', [graph.node('Gather', [table, inputs.positions]), graph.ints(0)]);
    };
    this.#cos = rows('rotary_cos', tables.cos);
    this.#sin = rows('rotary_sin', tables.sin);
  }

  /**
   * `q` is [T, heads * headDim], `k` and `v` are [T, kvHeads * headDim], as projected; returns [T, heads * headDim].
   * The node can norm and rotate by itself, but its kernel takes 2.5 times as long as the two operators here.
   */
  attend(layer: number, q: string, k: string, v: string): string {
    const { heads, kvHeads } = this.#config;
    const { starts, past, pages, writes, bounds } = this.#inputs;
    const norm = (part: string) => `model.layers.${layer}.self_attn.${part}.weight`;
    const rotated = this.#rotate(k, norm('k_norm'), kvHeads);
    return this.#graph.node(
      'PagedAttention',
      [
        this.#rotate(q, norm('q_norm'), heads),
        rotated,
        v,
        this.#inPages(rotated),
        this.#inPages(v),
        starts,
        past,
        pages,
        '', // cos_cache
        '', // sin_cache
        writes,
        '', // head_sink
        '', // q_norm_weight
        '', // k_norm_weight
        '', // k_scale
        '', // v_scale
        bounds,
      ],
      { num_heads: heads, kv_num_heads: kvHeads },
      'com.microsoft',
    );
  }

  #inPages(x: string): string {
    return this.#graph.node('Reshape', [this.#graph.node('Gather', [x, this.#inputs.slots]), this.#inputs.cacheShape]);
  }

  /** Norm of each head, then rotation. */
  #rotate(x: string, weight: string, heads: number): string {
    const { headDim, rmsNormEps } = this.#config;
    const perHead = this.#graph.node(
      'SimplifiedLayerNormalization',
      [this.#graph.node('Reshape', [x, this.#graph.ints(-1, heads, headDim)]), this.#weights.get(weight)],
      { axis: -1, epsilon: float(rmsNormEps) },
    );
    const packed = this.#graph.node('Reshape', [perHead, this.#graph.ints(1, -1, heads * headDim)]);
    const rotated = this.#graph.node('RotaryEmbedding', [packed, this.#cos, this.#sin], { num_heads: heads });
    return this.#graph.node('Reshape', [rotated, this.#graph.ints(-1, heads * headDim)]);
  }
}
