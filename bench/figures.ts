import type { Dtype } from 'rerankit';
import type { MatmulResult } from './measure-matmul.ts';
import type { WorkloadResult } from './measure-workload.ts';
import { type BenchModel, linearWeights, weightsPerToken } from './model.ts';
import type { Workload } from './workloads.ts';

/** One row of the table; README.md says what each figure means. */
export interface Figures {
  readonly model: string;
  readonly workload: Workload;
  readonly dtype: Dtype;
  readonly runs: number;
  readonly loadMs: number;
  readonly firstMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly documentsPerSecond: number;
  readonly promptTokensPerRun: number;
  readonly computedTokensPerRun: number;
  readonly computedTokensPerSecond: number;
  readonly gflops: number;
  /** The machine's own rate, just before and after. */
  readonly matmulGflops: number;
  readonly matmulFraction: number;
  readonly loop: WorkloadResult['loop'];
  readonly memory: WorkloadResult['memory'] & { readonly linearWeights: number; readonly aboveWeights: number };
  readonly loadAverage: number;
}

/** In the form in which ONNX Runtime holds them: in int4 with a float32 scale for each 32. */
const BYTES_PER_WEIGHT: Readonly<Record<Dtype, number>> = { fp32: 4, bf16: 2, fp16: 2, int8: 1, int4: 0.625 };

export function figuresOf(
  model: BenchModel,
  workload: Workload,
  result: WorkloadResult,
  matmuls: readonly MatmulResult[],
): Figures {
  const latencies = [...result.latencies].sort((a, b) => a - b);
  const perSecond = (count: number) => (1000 * count) / result.busyMs;
  const gflops = (2 * weightsPerToken(model.shape) * perSecond(result.computedTokens)) / 1e9;
  const matmulGflops = matmuls.reduce((sum, rate) => sum + rate.gflops, 0) / matmuls.length;
  const weightBytes = BYTES_PER_WEIGHT[result.dtype] * linearWeights(model.shape);
  return {
    model: model.name,
    workload,
    dtype: result.dtype,
    runs: result.runs,
    loadMs: result.loadMs,
    firstMs: result.firstMs,
    p50Ms: percentile(latencies, 0.5),
    p95Ms: percentile(latencies, 0.95),
    p99Ms: percentile(latencies, 0.99),
    documentsPerSecond: perSecond(result.documents),
    promptTokensPerRun: Math.round(result.promptTokens / result.runs),
    computedTokensPerRun: Math.round(result.computedTokens / result.runs),
    computedTokensPerSecond: perSecond(result.computedTokens),
    gflops,
    matmulGflops,
    matmulFraction: gflops / matmulGflops,
    loop: result.loop,
    memory: { ...result.memory, linearWeights: weightBytes, aboveWeights: result.memory.peak - weightBytes },
    loadAverage: result.loadAverage,
  };
}

/** Nearest rank: a value that was measured, the slowest one where there are few. */
function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}
