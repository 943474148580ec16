import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../src/graph/builder.ts';
import { ElementType, encodeModel } from '../src/graph/onnx-proto.ts';
import { answer, readRequest } from './child.ts';
import { matrices, type Shape } from './model.ts';

/** How fast ONNX Runtime multiplies float32 matrices of a network's shapes on this machine. */
export interface MatmulRequest {
  readonly shape: Shape;
  readonly threads: number | undefined;
}

export interface MatmulResult {
  /** Median over the runs. */
  readonly gflops: number;
  readonly bestGflops: number;
}

const TOKENS = 1024;
const MIN_RUNS = 5;
const MIN_MILLISECONDS = 1500;

const { shape, threads } = readRequest<MatmulRequest>();
const layer = matrices(shape);
const graph = new GraphBuilder();
const inputs: Record<string, Tensor> = {};
const outputs = layer.map(([rows, columns], at) => {
  const name = `x${columns}`;
  if (!inputs[name]) {
    graph.input(name, ElementType.FLOAT, ['tokens', columns]);
    inputs[name] = new Tensor('float32', noise(TOKENS * columns), [TOKENS, columns]);
  }
  const product = graph.node('Gemm', [name, graph.floats(`w${at}`, noise(rows * columns), [rows, columns])], {
    transB: 1,
  });
  // One row leaves the session, so that copying the output costs nothing.
  const output = graph.output(`y${at}`, graph.node('Gather', [product, graph.ints(0)]));
  return { name: output, type: ElementType.FLOAT, shape: [1, rows] };
});
const model = encodeModel({ graph: graph.build('matmul', outputs), opsets: { '': 24 } });
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

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => ((at * 7919) % 2003) / 2003 - 0.5);
}
