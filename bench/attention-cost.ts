import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { attend } from '../src/graph/attention.ts';
import { GraphBuilder } from '../src/graph/builder.ts';
import type { Block, Group } from '../src/graph/group.ts';
import { ElementType, encodeModel } from '../src/graph/onnx-proto.ts';
import { packGroups } from '../src/graph/pack.ts';
import { ALL_TOKENS, declareGroups } from '../src/graph/ragged-inputs.ts';
import { openModel } from './model.ts';

/**
 * Measures what attention over a rectangle costs: so much for each rectangle, query, key and query-key pair, fitted to
 * the times of many layouts. `src/graph/group.ts` weighs padding against rectangles by these figures.
 */
const { values } = parseArgs({ options: { model: { type: 'string', default: '0.6b' }, threads: { type: 'string' } } });
const threads = values.threads === undefined ? availableParallelism() : Number(values.threads);
const { shape, name } = await openModel(values.model);
const TOKENS = 1024;
const REPEATS = 7;

/** Rectangles (blocks, queries, keys), and how many of them there are. */
const LAYOUTS: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 64, 1],
  [1, 1, 64, 16],
  [1, 16, 64, 16],
  [4, 16, 64, 8],
  [8, 64, 128, 1],
  [1, 64, 128, 8],
  [4, 64, 512, 2],
  [2, 128, 256, 4],
  [8, 128, 256, 1],
  [1, 256, 1024, 2],
  [8, 8, 1024, 1],
  [1, 8, 1024, 8],
  [4, 256, 768, 1],
];

const graph = new GraphBuilder();
const { FLOAT } = ElementType;
const config = { heads: shape.heads, kvHeads: shape.kvHeads, headDim: shape.headDim };
const widths = { q: shape.querySize, k: shape.keySize, v: shape.keySize };
const [q, k, v] = (['q', 'k', 'v'] as const).map((each) => graph.input(each, FLOAT, ['tokens', widths[each]]));
const context = attend(graph, config, declareGroups(graph, ALL_TOKENS, 'tokens'), q ?? '', k ?? '', v ?? '');
const output = graph.output('y', graph.node('Gather', [context, graph.ints(0)]));
const outputs = [{ name: output, type: FLOAT, shape: [1, shape.querySize] }];
const model = encodeModel({ graph: graph.build('attention', outputs), opsets: { '': 24 } });
const session = await InferenceSession.create(model, { intraOpNumThreads: threads, enableMemPattern: false });

const rows: { features: number[]; ms: number }[] = [];
for (const [blocks, queries, keys, count] of LAYOUTS) {
  const groups = Array.from({ length: count }, () => rectangle(blocks, queries, keys));
  const feeds = packGroups(ALL_TOKENS, groups, 1, ({ from }) => from);
  const inputs: Record<string, Tensor> = {};
  for (const [input, { type, data, dims }] of Object.entries(feeds)) inputs[input] = new Tensor(type, data, dims);
  for (const each of ['q', 'k', 'v'] as const) {
    const noise = Float32Array.from({ length: TOKENS * widths[each] }, (_, at) => ((at * 7919) % 2003) / 2003 - 0.5);
    inputs[each] = new Tensor('float32', noise, [TOKENS, widths[each]]);
  }
  const times: number[] = [];
  for (let run = 0; run < REPEATS; run++) {
    const start = performance.now();
    await session.run(inputs);
    times.push(performance.now() - start);
  }
  const ms = Math.min(...times);
  const features = [1, count, count * blocks * queries, count * blocks * keys, count * blocks * queries * keys];
  rows.push({ features, ms });
  console.log(`${count} x ${blocks} blocks of ${queries} queries and ${keys} keys: ${ms.toFixed(2)} ms`);
}
await session.release();

const [, perRectangle = 0, perQuery = 0, perKey = 0, perPair = 1] = leastSquares(rows);
const microseconds = (cost: number) => `${(1000 * cost).toFixed(3)} us`;
console.log(
  `\n${name}, ${threads} threads: a pair ${microseconds(perPair)}, a key ${microseconds(perKey)}, ` +
    `a query ${microseconds(perQuery)}, a rectangle ${microseconds(perRectangle)}`,
);
console.log(
  `In pairs: rectangle ${Math.round(perRectangle / perPair)}, query ${Math.round(perQuery / perPair)}, ` +
    `key ${Math.round(perKey / perPair)}`,
);

function rectangle(blocks: number, queries: number, keys: number): Group {
  const block: Block = {
    sequence: { start: 0, length: keys, prefixStart: 0, prefixLength: 0 },
    from: keys - queries,
    to: keys,
    keys,
  };
  return { blocks: Array.from({ length: blocks }, () => block), queries, keys };
}

/** Least squares of relative errors, all factors at least zero: coordinate descent. */
function leastSquares(samples: readonly { features: readonly number[]; ms: number }[]): number[] {
  const scaled = samples.map(({ features, ms }) => features.map((feature) => feature / ms));
  const factors = (samples[0]?.features ?? []).map(() => 0);
  for (let round = 0; round < 20_000; round++) {
    for (const at of factors.keys()) {
      let top = 0;
      let bottom = 0;
      for (const row of scaled) {
        const others = row.reduce(
          (sum, feature, other) => (other === at ? sum : sum + feature * (factors[other] ?? 0)),
          0,
        );
        top += (row[at] ?? 0) * (1 - others);
        bottom += (row[at] ?? 0) ** 2;
      }
      factors[at] = bottom === 0 ? 0 : Math.max(0, top / bottom);
    }
  }
  return factors;
}
