import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Int8Storage, storeInt8 } from '../../compile/int8-storage.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { INT8_ZERO_POINT, integerProduct } from '../../graph/linear/int8-linear.ts';
import { ElementType, encodeModel } from '../../graph/onnx-proto.ts';
import { sessionOptions } from './session-options.ts';

const STORAGES: readonly Int8Storage[] = ['signed', 'unsigned'];
/** Rows of activations: kernels differ between one row, a few, and many. */
const ROWS = [1, 5, 33];
const INPUTS = 96;
const OUTPUTS = 40;

let found: Promise<Int8Storage | undefined> | undefined;

/**
 * The fastest storage whose sums are exact on this machine, tried on a product that is known and as large as products of
 * 8-bit values get; `undefined` if there is none. The answer is remembered.
 */
export function exactInt8Storage(): Promise<Int8Storage | undefined> {
  found ??= firstExact();
  return found;
}

async function firstExact(): Promise<Int8Storage | undefined> {
  for (const storage of STORAGES) if (await isExact(storage)) return storage;
  return undefined;
}

async function isExact(storage: Int8Storage): Promise<boolean> {
  const weights = Int8Array.from({ length: INPUTS * OUTPUTS }, (_, at) => (at % 7 < 5 ? 127 : -127));
  const graph = new GraphBuilder();
  const x = graph.input('x', ElementType.UINT8, ['rows', INPUTS]);
  const { type, bytes } = storeInt8(weights.slice(), storage);
  const scales = new Uint8Array(new Float32Array(OUTPUTS).fill(1).buffer);
  const product = integerProduct(graph, x, {
    outputs: OUTPUTS,
    inputs: INPUTS,
    values: { name: 'weights', type, shape: [INPUTS, OUTPUTS], data: bytes },
    scales: { name: 'scales', type: ElementType.FLOAT, shape: [OUTPUTS], data: scales },
  });
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
