import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../src/graph/builder.ts';
import { integerProduct } from '../src/graph/linear/int8-linear.ts';
import { ElementType, encodeModel } from '../src/graph/onnx-proto.ts';
import { answer, readRequest } from './child.ts';
import { matrices, type Shape } from './model.ts';

/** How fast ONNX Runtime multiplies matrices of a network's shapes on this machine, in a numeric type of the library's. */
export interface MatmulRequest {
  readonly shape: Shape;
  readonly threads: number | undefined;
  readonly dtype: MatmulDtype;
}

/** Those of the CPU. */
export type MatmulDtype = 'fp32' | 'int8' | 'int4';

export interface MatmulResult {
  /** Median over the runs, in units of 10^9 operations a second. */
  readonly gflops: number;
  readonly bestGflops: number;
}

const TOKENS = 1024;
const MIN_RUNS = 5;
const MIN_MILLISECONDS = 1500;
const BLOCK = 32;

const { shape, threads, dtype } = readRequest<MatmulRequest>();
const layer = matrices(shape);
const graph = new GraphBuilder();
const inputs: Record<string, Tensor> = {};
const outputs = layer.map(([rows, columns], at) => {
  const name = `x${columns}`;
  if (!inputs[name]) {
    graph.input(name, dtype === 'int8' ? ElementType.UINT8 : ElementType.FLOAT, ['tokens', columns]);
    inputs[name] =
      dtype === 'int8'
        ? new Tensor('uint8', integers(TOKENS * columns), [TOKENS, columns])
        : new Tensor('float32', noise(TOKENS * columns), [TOKENS, columns]);
  }
  // One row leaves the session, so that copying the output costs nothing.
  const output = graph.output(`y${at}`, graph.node('Gather', [product(name, at, rows, columns), graph.ints(0)]));
  return { name: output, type: ElementType.FLOAT, shape: [1, rows] };
});
const model = encodeModel({ graph: graph.build('matmul', outputs), opsets: { '': 24, 'com.microsoft': 1 } });
const session = await InferenceSession.create(model, { intraOpNumThreads: threads ?? availableParallelism() });

const operations = layer.reduce((sum, [rows, columns]) => sum + 2 * TOKENS * rows * columns, 0);
await session.run(inputs);
const rates: number[] = [];
const started = performance.now();
while (rates.length < MIN_RUNS || performance.now() - started < MIN_MILLISECONDS) {
  const start = performance.now();
  await session.run(inputs);
  rates.push(operations / (performance.now() - start) / 1e6);
}
await session.release();
rates.sort((a, b) => a - b);
const result: MatmulResult = { gflops: rates[rates.length >> 1] ?? 0, bestGflops: rates.at(-1) ?? 0 };
answer(result);

function product(x: string, at: number, rows: number, columns: number): string {
  if (dtype === 'fp32') {
    return graph.node('Gemm', [x, graph.floats(`w${at}`, noise(rows * columns), [rows, columns])], { transB: 1 });
  }
  const bytes = integers(rows * columns);
  if (dtype === 'int8') {
    const matrix = { name: `w${at}`, type: ElementType.INT8, shape: [columns, rows], data: bytes };
    return integerProduct(graph, x, matrix, graph.floats(`s${at}`, noise(rows), [rows]));
  }
  const blocks = columns / BLOCK;
  const shape = [rows, blocks, BLOCK / 2];
  const values = graph.constant(`w${at}`, ElementType.UINT8, bytes.subarray(0, bytes.length / 2), shape);
  const scales = graph.floats(`s${at}`, noise(rows * blocks), [rows, blocks]);
  const attributes = { K: columns, N: rows, bits: 4, block_size: BLOCK, accuracy_level: 4 };
  return graph.node('MatMulNBits', [x, values, scales], attributes, 'com.microsoft');
}

function integers(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7919) % 251);
}

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => ((at * 7919) % 2003) / 2003 - 0.5);
}
