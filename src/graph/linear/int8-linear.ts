import type { GraphBuilder } from '../builder.ts';
import { ElementType, type Tensor } from '../onnx-proto.ts';
import type { PackedMatrix } from '../packed-matrices.ts';
import type { Activation, LinearLayers, Product } from './linear-layers.ts';

/** What activations of 0 are stored as: they are unsigned, which is what x64 multiplies fastest. */
export const INT8_ZERO_POINT = 128;
/** Keeps a row of zeros from dividing by zero; far below any scale that means something. */
const LEAST_SCALE = 1e-30;

/**
 * Products of 8-bit integers: weights with a scale for each output, activations with a scale for each token, so that no
 * token's rounding depends on its neighbours. Sums are exact in int32.
 */
export class Int8Linear implements LinearLayers {
  readonly #graph: GraphBuilder;
  readonly #matrix: (weight: string) => PackedMatrix;
  readonly #zero: string;
  readonly #step: string;
  readonly #least: string;

  /** `matrix` finds a weight. */
  constructor(graph: GraphBuilder, matrix: (weight: string) => PackedMatrix) {
    this.#graph = graph;
    this.#matrix = matrix;
    this.#zero = graph.constant('int8_zero', ElementType.UINT8, Uint8Array.of(INT8_ZERO_POINT), []);
    this.#step = graph.floats('int8_step', Float32Array.of(1 / 127), []);
    this.#least = graph.floats('int8_least_scale', Float32Array.of(LEAST_SCALE), []);
  }

  prepare({ values: x, rows, scales: before }: Product): Activation {
    const { values, scales } = this.#quantize(x, rows);
    return { values, rows, scales: before === undefined ? scales : this.#graph.node('Mul', [scales, before]) };
  }

  multiply(x: Activation, weight: string): string {
    const { values, scales } = this.multiplyUnscaled(x, weight);
    return scales === undefined ? values : this.#graph.node('Mul', [values, scales]);
  }

  multiplyUnscaled({ values, rows, scales }: Activation, weight: string): Product {
    const matrix = this.#matrix(weight);
    const product = integerProduct(this.#graph, values, matrix.values[0], this.#graph.external(matrix.scales));
    return scales === undefined ? { values: product, rows } : { values: product, rows, scales };
  }

  /**
   * A matrix may come in pieces of its inputs: then each piece of the activations has scales of its own, and a value that
   * is far larger than the others spoils the rounding of its piece only.
   */
  project({ values: x, rows, scales: before }: Product, weight: string, residual: string): string {
    const graph = this.#graph;
    const matrix = this.#matrix(weight);
    const pieces = matrix.values.length;
    const parts = pieces === 1 ? rows : `${rows}_times_${pieces}`;
    const { FLOAT, UINT8 } = ElementType;
    const { values, scales } = this.#quantize(graph.reshape(x, FLOAT, [parts, matrix.inputs / pieces]), parts);
    const wide = graph.split(graph.reshape(values, UINT8, [rows, matrix.inputs]), pieces);
    const columns = graph.reshape(scales, FLOAT, [rows, pieces]);
    const scaled = before === undefined ? columns : graph.node('Mul', [columns, before]);
    const column = graph.split(scaled, pieces);
    const outputScales = graph.external(matrix.scales);
    return matrix.values.reduce((sum, piece, at) => {
      const product = integerProduct(graph, wide[at] ?? '', piece, outputScales);
      return graph.node('Add', [graph.node('Mul', [product, column[at] ?? '']), sum]);
    }, residual);
  }

  /** uint8 [n, in] around {@link INT8_ZERO_POINT}, and float32 [n, 1]. */
  #quantize(x: string, rows: string): { values: string; scales: string } {
    const graph = this.#graph;
    const axis = graph.ints(-1);
    // The largest magnitude without a pass that writes magnitudes.
    const most = graph.node('ReduceMax', [x, axis], { keepdims: 0 });
    const least = graph.node('ReduceMin', [x, axis], { keepdims: 0 });
    const largest = graph.node('Max', [most, graph.node('Neg', [least])]);
    const scales = graph.node('Max', [graph.node('Mul', [largest, this.#step]), this.#least]);
    const expanded = graph.node('Expand', [this.#zero, graph.node('Shape', [scales])]);
    const zeros = graph.declare(expanded, ElementType.UINT8, [rows]);
    const values = graph.node('QuantizeLinear', [x, scales, zeros], { axis: 0 });
    return { values, scales: graph.node('Unsqueeze', [scales, axis]) };
  }
}

/**
 * Activations uint8 [n, in] around {@link INT8_ZERO_POINT} times int8 [in, out], scaled by output: float32
 * [n, out]. `scales` is float32 [out].
 */
export function integerProduct(graph: GraphBuilder, x: string, matrix: Tensor | undefined, scales: string): string {
  if (matrix === undefined) throw new RangeError('A packed matrix has no values.');
  const { name } = matrix;
  const one = graph.floats(`${name}.one`, Float32Array.of(1), []);
  const zero = graph.constant(`${name}.zero`, ElementType.UINT8, Uint8Array.of(INT8_ZERO_POINT), []);
  const inputs = [x, graph.external(matrix), one, scales, zero];
  return graph.node('MatMulIntegerToFloat', inputs, {}, 'com.microsoft');
}
