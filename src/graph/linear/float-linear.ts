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

  prepare({ values }: Product): Activation {
    return { values };
  }

  multiply({ values }: Activation, weight: string, residual?: string): string {
    const matrix = this.#matrix(weight);
    // The residual rides along in the product's own pass over the output.
    return this.#graph.node('Gemm', residual === undefined ? [values, matrix] : [values, matrix, residual], {
      transB: 1,
    });
  }
  multiplyUnscaled(x: Activation, weight: string): Product {
    return { values: this.multiply(x, weight) };
  }
}
