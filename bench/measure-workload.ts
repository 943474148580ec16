import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { type Dtype, type LoadOptions, Reranker } from 'rerankit';
import { answer, readRequest } from './child.ts';
import { type Call, callsOf, type Workload } from './workloads.ts';

export interface WorkloadRequest {
  readonly model: string | undefined;
  readonly workload: Workload;
  /** Repeated calls, whatever they cost. */
  readonly runs: number | undefined;
  readonly threads: number | undefined;
  readonly tokenBudget: number | undefined;
  readonly dtype: string | undefined;
}

export interface WorkloadResult {
  /** What the library ran in. */
  readonly dtype: Dtype;
  readonly loadMs: number;
  /** Of the very first calls after loading. */
  readonly firstMs: number;
  readonly runs: number;
  /** From the first call's start to the last one's end, over all runs. */
  readonly busyMs: number;
  /** One a call, in ms. */
  readonly latencies: readonly number[];
  /** Over all runs. */
  readonly documents: number;
  readonly promptTokens: number;
  readonly computedTokens: number;
  readonly loop: { readonly idle: LoopDelay; readonly ranking: LoopDelay };
  /** Bytes; the peak is that of the whole process up to then. */
  readonly memory: { readonly peakAfterLoad: number; readonly residentAfterLoad: number; readonly peak: number };
  readonly loadAverage: number;
}

/** How late timers of the main thread were, in ms. */
export interface LoopDelay {
  readonly p99: number;
  readonly max: number;
  /** Share of the time that the main thread itself was at work: what it has to do with the delays. */
  readonly active: number;
}

/** No repeated call is begun after this time, unless the number of runs was asked for. */
const ENOUGH_MS = 20_000;

const { model, workload, runs, threads, tokenBudget, dtype } = readRequest<WorkloadRequest>();
const loadAverage = loadavg()[0] ?? 0;
const idle = await loopDelay(() => setTimeout(500));

const loading = performance.now();
// The library itself says which types it knows.
const options = { maxLength: workload.maxLength, threads, tokenBudget, dtype } as LoadOptions;
const reranker = await Reranker.load(model, options);
const loadMs = performance.now() - loading;
const { dtype: ran } = reranker.info;
if (ran === undefined) throw new Error('A model in this process has a numeric type.');
const peakAfterLoad = peak();
const residentAfterLoad = process.memoryUsage.rss();

const result = await rank();
await reranker.dispose();
answer({
  dtype: ran,
  loadMs,
  ...result,
  memory: { peakAfterLoad, residentAfterLoad, peak: peak() },
  loadAverage,
} satisfies WorkloadResult);

async function rank(): Promise<Omit<WorkloadResult, 'dtype' | 'loadMs' | 'memory' | 'loadAverage'>> {
  const wanted = runs ?? workload.runs;
  // Made beforehand: the main thread is to be watched at the library's work, not at ours.
  const calls = Array.from({ length: wanted + 1 }, (_, run) => callsOf(workload, run));
  let first: Run | undefined;
  const repeated: Run[] = [];
  const ranking = await loopDelay(async () => {
    const start = performance.now();
    first = await once(calls[0] ?? []);
    while (repeated.length < wanted && (runs !== undefined || performance.now() - start < ENOUGH_MS)) {
      repeated.push(await once(calls[repeated.length + 1] ?? []));
    }
  });
  // Where one call takes very long, it is the only one.
  const counted = repeated.length > 0 || first === undefined ? repeated : [first];
  return {
    firstMs: first?.ms ?? 0,
    runs: counted.length,
    busyMs: sum(counted.map(({ ms }) => ms)),
    latencies: counted.flatMap(({ latencies }) => latencies),
    documents: counted.length * workload.queries * workload.documents,
    promptTokens: sum(counted.map(({ promptTokens }) => promptTokens)),
    computedTokens: sum(counted.map(({ computedTokens }) => computedTokens)),
    loop: { idle, ranking },
  };
}

interface Run {
  readonly ms: number;
  readonly latencies: number[];
  readonly promptTokens: number;
  readonly computedTokens: number;
}

/** Makes all calls of the workload at the same time. */
async function once(calls: readonly Call[]): Promise<Run> {
  const start = performance.now();
  const done = await Promise.all(
    calls.map(async ({ query, documents }) => {
      const { usage } = await reranker.rerank(query, documents);
      return { ...usage, ms: performance.now() - start };
    }),
  );
  return {
    ms: performance.now() - start,
    latencies: done.map(({ ms }) => ms),
    promptTokens: sum(done.map(({ promptTokens }) => promptTokens)),
    computedTokens: sum(done.map(({ computedTokens }) => computedTokens)),
  };
}

async function loopDelay(work: () => Promise<unknown>): Promise<LoopDelay> {
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  const before = performance.eventLoopUtilization();
  histogram.enable();
  await work();
  histogram.disable();
  const { utilization } = performance.eventLoopUtilization(before);
  // The histogram holds the time between two ticks of its timer, in nanoseconds.
  const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
  return { p99: delay(histogram.percentile(99)), max: delay(histogram.max), active: utilization };
}

function peak(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
