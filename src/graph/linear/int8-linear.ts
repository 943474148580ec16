import type { GraphBuilder } from '../builder.ts';
import { ElementType } from '../onnx-proto.ts';
import type { PackedMatrix } from '../packed-matrices.ts';
import { declare } from './declare.ts';
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

  prepare({ values: x, scales: before }: Product): Activation {
    const graph = this.#graph;
    const axis = graph.ints(-1);
    // The largest magnitude without a pass that writes magnitudes.
    const most = graph.node('ReduceMax', [x, axis], { keepdims: 0 });
    const least = graph.node('ReduceMin', [x, axis], { keepdims: 0 });
    const largest = graph.node('Max', [most, graph.node('Neg', [least])]);
    const scales = graph.node('Max', [graph.node('Mul', [largest, this.#step]), this.#least]);
    const zeros = graph.node('Expand', [this.#zero, graph.node('Shape', [scales])]);
    const values = graph.node('QuantizeLinear', [x, scales, zeros], { axis: 0 });
    const column = graph.node('Unsqueeze', [scales, axis]);
    return { values, scales: before === undefined ? column : graph.node('Mul', [column, before]) };
  }

  multiply(x: Activation, weight: string, residual?: string): string {
    const { values, scales } = this.multiplyUnscaled(x, weight);
    const product = scales === undefined ? values : this.#graph.node('Mul', [values, scales]);
    return residual === undefined ? product : this.#graph.node('Add', [product, residual]);
  }

  multiplyUnscaled({ values, scales }: Activation, weight: string): Product {
    const product = integerProduct(this.#graph, values, this.#matrix(weight));
    return scales === undefined ? { values: product } : { values: product, scales };
  }
}

/**
 * Activations uint8 [n, in] around {@link INT8_ZERO_POINT} times a matrix of int8, or of uint8 around the same, scaled by
 * output: float32 [n, out].
 */
export function integerProduct(graph: GraphBuilder, x: string, matrix: PackedMatrix): string {
  const { name, type } = matrix.values;
  const { values, scales } = declare(graph, matrix);
  const one = graph.floats(`${name}.one`, Float32Array.of(1), []);
  const zero = graph.constant(`${name}.zero`, ElementType.UINT8, Uint8Array.of(INT8_ZERO_POINT), []);
  const weightZero = type === ElementType.UINT8 ? [zero] : [];
  return graph.node('MatMulIntegerToFloat', [x, values, one, scales, zero, ...weightZero], {}, 'com.microsoft');
}
