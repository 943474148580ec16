import type { ErrorCode } from '../errors.ts';
import type { Reranker } from '../reranker.ts';
import type { Pair, RerankOptions, RerankResponse, ScoreOptions, ScoreResponse } from '../types.ts';

/** How a test reranker is made. */
export interface TestRerankerOptions {
  /** The scores of calls that are told nothing else. @default by the words: see `lexicalScore` */
  readonly scores?: TestScores | undefined;
  /** Milliseconds that a call takes at least. @default 0 */
  readonly delay?: number | undefined;
  /** What `info.model` says. @default 'test' */
  readonly model?: string | undefined;
  /** Instruction of calls that give none. @default none */
  readonly instruction?: string | undefined;
  /** Most documents in the queue, over all calls; a call beyond it is refused with `QUEUE_FULL`. @default 100000 */
  readonly maxQueuedDocuments?: number | undefined;
}

/**
 * Relevance scores, 0 to 1: by the document's place in the call (one a document); by its text (0 for texts that are not
 * named); or by a function. They come back to about 1e-15, as they travel as logits.
 */
export type TestScores =
  | readonly number[]
  | Readonly<Record<string, number>>
  | ReadonlyMap<string, number>
  | ((document: TestDocument) => number);

/** A document that a function of {@link TestScores} scores. */
export interface TestDocument {
  readonly query: string;
  /** The document's text. */
  readonly text: string;
  /** The document's place in the call. */
  readonly index: number;
  /** The call's own, or the reranker's; `undefined` where neither has one. */
  readonly instruction: string | undefined;
}

/** How long a test reranker does as it is told. */
export interface TestTimes {
  /**
   * For the next so many calls, at least 1, after those that were told something before. Calls without documents, and
   * calls that are refused before they are scored, do not count.
   * @default always, until it is told otherwise
   */
  readonly times?: number | undefined;
}

/** A call that a test reranker was given, whatever became of it. */
export interface TestCall {
  readonly method: 'rerank' | 'score';
  /** The query of `rerank`. */
  readonly query: string | undefined;
  /** The documents as they were given: the caller's own objects. For `score`, the pairs' documents. */
  readonly documents: readonly unknown[];
  /** The pairs of `score`. */
  readonly pairs: readonly Pair[] | undefined;
  /** The call's own instruction, or the reranker's. For `score` see the pairs. */
  readonly instruction: string | undefined;
  /** As they were given; `{}` if they were not. */
  readonly options: RerankOptions<never> | ScoreOptions;
  /** Where the call stands. */
  readonly state: 'pending' | 'resolved' | 'rejected';
  /** What it resolved to. */
  readonly result: RerankResponse<unknown> | ScoreResponse | undefined;
  /** What it rejected with. */
  readonly error: unknown;
}

/** What a test reranker has besides the reranker. */
export interface TestControls {
  /** Calls so far, oldest first. The list itself: it grows, and `reset` empties it. */
  readonly calls: readonly TestCall[];
  /** Gives these scores. Throws `INVALID_OPTION`. */
  give(scores: TestScores, options?: TestTimes): void;
  /** Rejects calls with this error, or a `RerankitError` of this code. Throws `INVALID_OPTION`. @param error by default ENGINE_FAILED */
  fail(error?: ErrorCode | Error, options?: TestTimes): void;
  /** Leaves calls pending until they are aborted or {@link release} is called. Meanwhile `dispose` waits, and the process lives on. Throws `INVALID_OPTION`. */
  hang(options?: TestTimes): void;
  /** Takes so many milliseconds for a call, at least. By the global `setTimeout`, so that fake timers work. Throws `INVALID_OPTION`. */
  slow(milliseconds: number, options?: TestTimes): void;
  /** Ends {@link hang}: calls that hang are scored, and no more will hang. */
  release(): void;
  /** Ends all that it was told since it was made, releases calls that hang, and forgets {@link calls}. */
  reset(): void;
}

/** A reranker for tests of code that uses one. */
export type TestReranker = Reranker & TestControls;
