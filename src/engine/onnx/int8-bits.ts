import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { WeightBits } from '../../compile/quantize-int8.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { INT8_ZERO_POINT, integerProduct } from '../../graph/linear/int8-linear.ts';
import { ElementType, encodeModel } from '../../graph/onnx-proto.ts';
import { sessionOptions } from './session-options.ts';

const BITS: readonly WeightBits[] = [8, 7];
/** Rows of activations: kernels differ between one row, a few, and many. */
const ROWS = [1, 5, 33];
const INPUTS = 96;
const OUTPUTS = 40;

let found: Promise<WeightBits | undefined> | undefined;

/**
 * The most bits that weights may have for sums to be exact on this machine, tried on a product that is known and as large
 * as products get; `undefined` if there are none. The answer is remembered.
 */
export function exactInt8Bits(): Promise<WeightBits | undefined> {
  found ??= firstExact();
  return found;
}

async function firstExact(): Promise<WeightBits | undefined> {
  for (const bits of BITS) if (await isExact(bits)) return bits;
  return undefined;
}

async function isExact(bits: WeightBits): Promise<boolean> {
  const most = 2 ** (bits - 1) - 1;
  const weights = Int8Array.from({ length: INPUTS * OUTPUTS }, (_, at) => (at % 7 < 5 ? most : -most));
  const graph = new GraphBuilder();
  const x = graph.input('x', ElementType.UINT8, ['rows', INPUTS]);
  const scales = new Float32Array(OUTPUTS).fill(1);
  const data = new Uint8Array(weights.buffer);
  const matrix = { name: 'weights', type: ElementType.INT8, shape: [INPUTS, OUTPUTS], data };
  const product = integerProduct(graph, x, matrix, graph.constant('scales', ElementType.FLOAT, scales, [OUTPUTS]));
  const output = { name: graph.output('y', product), type: ElementType.FLOAT, shape: ['rows', OUTPUTS] };
  const model = encodeModel({ graph: graph.build('int8_probe', [output]), opsets: { '': 24, 'com.microsoft': 1 } });
  const session = await InferenceSession.create(model, sessionOptions(1));
  try {
    for (const rows of ROWS) {
      const activations = Uint8Array.from({ length: rows * INPUTS }, (_, at) => (at % 11 < 8 ? 255 : at % 3));
      const { y } = await session.run({ x: new Tensor('uint8', activations, [rows, INPUTS]) });
      if (!(y?.data instanceof Float32Array) || !isProduct(y.data, activations, weights)) return false;
    }
    return true;
  } finally {
    await session.release();
  }
}

/** Whether `y` is the product, to the last bit: its values are integers that float32 holds exactly. */
function isProduct(y: Float32Array, activations: Uint8Array, weights: Int8Array): boolean {
  return y.every((value, at) => {
    const row = Math.floor(at / OUTPUTS) * INPUTS;
    let sum = 0;
    for (let input = 0; input < INPUTS; input++) {
      const activation = (activations[row + input] ?? 0) - INT8_ZERO_POINT;
      sum += activation * (weights[input * OUTPUTS + (at % OUTPUTS)] ?? 0);
    }
    return value === sum;
  });
}
