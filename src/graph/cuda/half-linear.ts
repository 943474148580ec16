import type { GraphBuilder } from '../builder.ts';
import type { PackedMatrices, PackedMatrix } from '../packed-matrices.ts';
import type { HalfWeights } from './half-weights.ts';

/** `x @ weight^T` in 16 bits. Weights are named as in the checkpoint, and stand for matrices [out, in]. */
export type HalfLinear = (x: string, weight: string) => string;

/** Products with weights of 16 bits, used as stored. */
export function halfLinear(graph: GraphBuilder, weights: HalfWeights): HalfLinear {
  return (x, weight) => graph.node('Gemm', [x, weights.get(weight)], { transB: 1 });
}

/**
 * Products with weights of 4 bits, which the operator widens to the type of the activations: at once into a matrix that
 * lives as long as the product where there are many rows, on the fly where there are few.
 */
export function int4HalfLinear(graph: GraphBuilder, weights: HalfWeights, { matrices }: PackedMatrices): HalfLinear {
  return (x, weight) => {
    const { inputs, outputs, values, scales } = find(matrices, weight);
    const [piece] = values;
    if (piece === undefined) throw new RangeError(`The matrix ${weight} has no values.`);
    const block = 2 * (piece.shape[2] ?? 0);
    return graph.node(
      'MatMulNBits',
      [x, graph.external(piece), weights.stored(scales)],
      { K: inputs, N: outputs, bits: 4, block_size: block },
      'com.microsoft',
    );
  };
}

function find(matrices: PackedMatrices['matrices'], weight: string): PackedMatrix {
  const matrix = matrices.get(weight);
  if (matrix === undefined) throw new RangeError(`There is no matrix ${weight} in 4 bits.`);
  return matrix;
}
