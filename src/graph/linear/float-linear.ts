import type { GraphBuilder } from '../builder.ts';
import type { Activation, LinearLayers, Product } from './linear-layers.ts';

/** Products in float32. */
export class FloatLinear implements LinearLayers {
  readonly #graph: GraphBuilder;
  readonly #matrix: (weight: string) => string;

  /** `matrix` declares a weight as float32 [out, in]. */
  constructor(graph: GraphBuilder, matrix: (weight: string) => string) {
    this.#graph = graph;
    this.#matrix = matrix;
  }

  prepare({ values, rows }: Product): Activation {
    return { values, rows };
  }

  multiply({ values }: Activation, weight: string): string {
    return this.#graph.node('Gemm', [values, this.#matrix(weight)], { transB: 1 });
  }

  multiplyUnscaled(x: Activation, weight: string): Product {
    return { values: this.multiply(x, weight), rows: x.rows };
  }

  project({ values }: Product, weight: string, residual: string): string {
    // The residual rides along in the product's own pass over the output.
    return this.#graph.node('Gemm', [values, this.#matrix(weight), residual], { transB: 1 });
  }
}
