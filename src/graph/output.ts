import type { Qwen3Config } from '../model/config.ts';
import type { GraphBuilder } from './builder.ts';
import { ElementType, type Value } from './onnx-proto.ts';
import { INPUT } from './ragged-inputs.ts';

/** Name of the only output: float32 [N], a logit a row; of an embedder float32 [N, hidden size], the normed last states. */
export const OUTPUT = 'output';

/** The graph's output: the states' logits, or the states themselves. `rows` is what the graph calls their number. */
export function declareOutput(graph: GraphBuilder, config: Qwen3Config, states: string, rows: string): Value {
  const { hiddenSize, head } = config;
  const { FLOAT } = ElementType;
  if (head === 'none') return { name: graph.output(OUTPUT, states), type: FLOAT, shape: [rows, hiddenSize] };
  const logits = graph.node('Gemm', [states, graph.input(INPUT.head, FLOAT, [1, hiddenSize])], { transB: 1 });
  return { name: graph.output(OUTPUT, graph.reshape(logits, FLOAT, [rows])), type: FLOAT, shape: [rows] };
}
