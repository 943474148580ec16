import type { Estimate, Times } from './comparison.ts';
import { meanOf } from './evaluate-run.ts';

/** Of a normal distribution 95% lies within so many standard deviations. */
const Z_95 = 1.96;

/** The mean over queries, and how far the true one may be from it. */
export function estimateOf(values: readonly number[]): Estimate {
  const mean = meanOf(values);
  const n = values.length;
  const variance = n < 2 ? 0 : values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const margin = n < 2 ? 0 : Z_95 * Math.sqrt(variance / n);
  return { mean, low: Math.max(0, mean - margin), high: Math.min(1, mean + margin) };
}

/** Mean and quantiles of times in milliseconds. */
export function timesOf(milliseconds: readonly number[]): Times {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const quantile = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? sorted[0] ?? 0;
  return { meanMs: meanOf(sorted), p50Ms: quantile(0.5), p95Ms: quantile(0.95) };
}
