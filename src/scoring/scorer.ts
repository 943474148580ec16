import type { SchedulerStats } from '../batching/index.ts';
import type { Range } from '../passages/split-passages.ts';
import type { ScoreOptions, Usage } from '../types.ts';
import type { SplitWish } from './passage-ranges.ts';

/** Documents of one query. */
export interface Question {
  /** `undefined`: what the model takes by default. */
  readonly instruction: string | undefined;
  readonly query: string;
  readonly documents: readonly { readonly slot: number; readonly text: string }[];
}

/** Documents of one query, which may be too long to be scored whole. */
export interface LongQuestion extends Pick<Question, 'instruction' | 'query'> {
  readonly texts: readonly string[];
}

export interface Scored extends CallCost {
  /** By slot. */
  readonly logits: Float32Array | Float64Array;
}

/** Passages that have been scored, one slot each, in order. */
export interface ScoredPassages {
  readonly scored: Scored;
  /** The passages of each document, at least one. */
  readonly ranges: readonly (readonly Range[])[];
}

/** What a call took. */
export interface CallCost {
  /** By slot: 1 where the document lost its tail. */
  readonly truncated: Uint8Array;
  readonly usage: Usage;
  /** Runs that had documents of the call. */
  readonly runs: number;
  /** From the start of the call to that of its first run. */
  readonly queueMilliseconds: number;
  /** Spent in those runs, together. */
  readonly runMilliseconds: number;
}

/** What stands between a `Reranker` and whatever computes: it knows texts and calls, nothing of ranking. */
export interface Scorer {
  /**
   * Throws what {@link score} would reject with for a call of so many rows now, so that a call which will be refused is
   * not prepared first: the signal's reason if it is aborted already; `DISPOSED`; `QUEUE_FULL`.
   */
  admit(call: { readonly rows: number; readonly signal?: AbortSignal | undefined }): void;
  /** Scores the documents of all questions, whose slots are 0 to their number less 1, each once. */
  score(questions: readonly Question[], options: ScoreOptions): Promise<Scored>;
  /** Scores documents passage by passage. Absent where nothing is known of the engine's tokens. */
  scorePassages?:
    | ((question: LongQuestion, wish: SplitWish, options: ScoreOptions) => Promise<ScoredPassages>)
    | undefined;
  stats(): SchedulerStats;
  /** Refuses new calls, lets those under way finish, and frees everything. Called once. */
  dispose(): Promise<void>;
}
