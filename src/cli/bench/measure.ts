import type { Reranker } from '../../reranker.ts';
import type { Workload } from './workload.ts';

/** How fast a workload runs. */
export interface Measurement {
  readonly name: string;
  readonly documents: number;
  /** Tokens of the workload's prompts. */
  readonly tokens: number;
  readonly runs: number;
  /** Time of a call, in milliseconds. */
  readonly medianMs: number;
  readonly documentsPerSecond: number;
  readonly tokensPerSecond: number;
}

/** Runs a workload once unmeasured, then for about so many seconds, at least once. */
export async function measure(
  reranker: Pick<Reranker, 'rerank'>,
  { name, query, documents }: Workload,
  seconds: number,
  signal: AbortSignal,
): Promise<Measurement> {
  const { usage } = await reranker.rerank(query, documents, { signal });
  const times: number[] = [];
  const end = performance.now() + 1_000 * seconds;
  do {
    const start = performance.now();
    await reranker.rerank(query, documents, { signal });
    times.push(performance.now() - start);
  } while (performance.now() < end);
  const medianMs = median(times);
  return {
    name,
    documents: documents.length,
    tokens: usage.promptTokens,
    runs: times.length,
    medianMs,
    documentsPerSecond: (1_000 * documents.length) / medianMs,
    tokensPerSecond: (1_000 * usage.promptTokens) / medianMs,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
