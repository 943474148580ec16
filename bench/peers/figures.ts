import type { Machine } from '../machine.ts';
import type { Workload } from '../workloads.ts';
import type { Contender } from './protocol.ts';

/** A contender's load, and why there was none if so. */
export interface LoadFigures {
  readonly contender: Contender;
  readonly refused: string | undefined;
  /** The very first, with nothing that this library keeps between loads. */
  readonly firstLoadMs: number | null;
  /** Bytes: the highest resident memory of that process, which did nothing else. */
  readonly firstLoadPeakBytes: number | null;
  /** Median of the loads after it, each in a new process. */
  readonly secondLoadMs: number | null;
  /** Bytes, over all processes that ranked. */
  readonly peakBytes: number;
}

/** A contender on a workload. */
export interface RankFigures {
  readonly contender: Contender;
  readonly workload: Workload;
  readonly runs: readonly number[];
  readonly medianMs: number;
  readonly documentsPerSecond: number;
  /** Tokens of the prompts, as the contender counts them, in a second. */
  readonly tokensPerSecond: number;
  readonly promptTokens: number;
  readonly peakBytes: number;
  readonly settings: string;
  /** What led to them. */
  readonly tried: string;
}

export interface PeerReport {
  readonly date: string;
  readonly machine: Machine;
  readonly model: string;
  readonly threads: number;
  /** Versions of the peers. */
  readonly peers: Readonly<Record<string, string>>;
  readonly sample: Readonly<Record<string, number>>;
  readonly loads: readonly LoadFigures[];
  readonly rows: readonly RankFigures[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** What ratios are told against: this library's int8, or its first type that was measured. */
export function reference(rows: readonly RankFigures[]): RankFigures | undefined {
  const own = rows.filter(({ contender }) => contender.engine === 'rerankit');
  return own.find(({ contender }) => contender.variant === 'int8') ?? own[0];
}
