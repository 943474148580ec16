import { availableParallelism } from 'node:os';
import { measure } from './child.ts';
import type { WorkloadRequest, WorkloadResult } from './measure-workload.ts';
import { type BenchModel, linearWeights } from './model.ts';
import type { Options } from './options.ts';
import { isLarge, type Workload } from './workloads.ts';

/** How fast one call is at one point of a series. */
export interface ScalingFigures {
  readonly model: string;
  readonly series: 'threads' | 'documents' | 'tokens';
  readonly threads: number;
  readonly documents: number;
  /** Of a document, about. */
  readonly tokens: number;
  /** Of the fastest run. */
  readonly ms: number;
  readonly promptTokensPerSecond: number;
  readonly computedTokensPerSecond: number;
  readonly peakBytes: number;
}

const THREADS = [1, 2, 4];
const DOCUMENTS = [1, 3, 10, 30, 100, 300, 1000];
const TOKENS = [64, 256, 1024, 2048, 4096, 8192];
/** Most tokens of a call to a large model: a minute or two on few cores. */
const LARGE_LIMIT = 64_000;
/** After the first, while they take no more than seconds. */
const RUNS = 2;

/** One call, ever larger along one axis; the other two stay as they are in the first line of their series. */
export async function benchScaling(model: BenchModel, options: Options): Promise<ScalingFigures[]> {
  const threads = options.threads ?? availableParallelism();
  const large = isLarge(linearWeights(model.shape));
  const affordable = (documents: number, tokens: number) => !large || documents * tokens <= LARGE_LIMIT;
  const fits = (tokens: number) => tokens <= model.shape.maxPositions;
  const points = [
    ...THREADS.map((count) => ({ series: 'threads', threads: count, documents: 16, tokens: 128 }) as const),
    ...DOCUMENTS.map((documents) => ({ series: 'documents', threads, documents, tokens: 64 }) as const),
    ...TOKENS.map((tokens) => ({ series: 'tokens', threads, documents: 1, tokens }) as const),
  ];
  console.log(
    `\n| ${model.name}  | threads | documents | tokens each | ms     | documents/s | tokens/s | computed/s | peak MB |`,
  );
  console.log(
    '| --------- | ------- | --------- | ----------- | ------ | ----------- | -------- | ---------- | ------- |',
  );
  const rows: ScalingFigures[] = [];
  for (const point of points) {
    if (!affordable(point.documents, point.tokens) || !fits(point.tokens)) continue;
    if (point.series === 'threads' && point.threads > availableParallelism()) continue;
    const row = await measurePoint(model, point, options);
    rows.push(row);
    console.log(lineOf(row));
  }
  return rows;
}

type Point = Pick<ScalingFigures, 'series' | 'threads' | 'documents' | 'tokens'>;

async function measurePoint(model: BenchModel, point: Point, options: Options): Promise<ScalingFigures> {
  const { threads, documents, tokens } = point;
  const { runs, tokenBudget, dtype } = options;
  const maxLength = Math.min(8192, model.shape.maxPositions);
  const workload: Workload = { name: point.series, queries: 1, documents, tokens, runs: RUNS, maxLength };
  const request: WorkloadRequest = { model: model.path, workload, runs, threads, tokenBudget, dtype };
  const result = await measure<WorkloadResult>('measure-workload', request);
  const ms = Math.min(...result.latencies);
  const perSecond = (total: number) => (1000 * total) / result.runs / ms;
  return {
    ...point,
    model: model.name,
    ms,
    promptTokensPerSecond: perSecond(result.promptTokens),
    computedTokensPerSecond: perSecond(result.computedTokens),
    peakBytes: result.memory.peak,
  };
}

function lineOf(row: ScalingFigures): string {
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const cells: [string, number][] = [
    [row.series, 9],
    [`${row.threads}`, 7],
    [whole(row.documents), 9],
    [whole(row.tokens), 11],
    [whole(row.ms), 6],
    [((1000 * row.documents) / row.ms).toPrecision(3), 11],
    [whole(row.promptTokensPerSecond), 8],
    [whole(row.computedTokensPerSecond), 10],
    [whole(row.peakBytes / 1e6), 7],
  ];
  return `| ${cells.map(([text, width]) => text.padEnd(width)).join(' | ')} |`;
}
