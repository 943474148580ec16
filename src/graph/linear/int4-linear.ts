import type { GraphBuilder } from '../builder.ts';
import type { PackedMatrix } from '../packed-matrices.ts';
import type { Activation, LinearLayers, Product } from './linear-layers.ts';

/** Values in a byte. */
const PER_BYTE = 2;

/** Weights of 4 bits in blocks; activations are rounded to 8 bits by the operator, block by block within each row. */
export class Int4Linear implements LinearLayers {
  readonly #graph: GraphBuilder;
  readonly #matrix: (weight: string) => PackedMatrix;

  /** `matrix` finds a weight. */
  constructor(graph: GraphBuilder, matrix: (weight: string) => PackedMatrix) {
    this.#graph = graph;
    this.#matrix = matrix;
  }

  prepare({ values, rows }: Product): Activation {
    return { values, rows };
  }

  multiply({ values: x }: Activation, weight: string): string {
    const { inputs, outputs, values, scales } = this.#matrix(weight);
    const block = PER_BYTE * (values[0]?.shape[2] ?? 0);
    return this.#graph.node(
      'MatMulNBits',
      [x, ...values.map((piece) => this.#graph.external(piece)), this.#graph.external(scales)],
      // Level 4: 8-bit integer arithmetic, the fastest that the operator has.
      { K: inputs, N: outputs, bits: 4, block_size: block, accuracy_level: 4 },
      'com.microsoft',
    );
  }

  multiplyUnscaled(x: Activation, weight: string): Product {
    return { values: this.multiply(x, weight), rows: x.rows };
  }

  project(x: Product, weight: string, residual: string): string {
    return this.#graph.node('Add', [this.multiply(this.prepare(x), weight), residual]);
  }
}
