import type { Pair, Score, Usage } from '../../types.ts';

/** What a request asks of the reranker, whatever it speaks. */
export type Job = RerankJob | ScoreJob;

/** Ranks documents for a query. */
export interface RerankJob extends AnyJob {
  readonly kind: 'rerank';
  readonly query: string;
  readonly documents: readonly string[];
  readonly instruction: string | undefined;
}

/** Scores pairs, in their order. */
export interface ScoreJob extends AnyJob {
  readonly kind: 'score';
  readonly pairs: readonly Pair[];
}

interface AnyJob {
  /** The name that was asked for. */
  readonly model: string | undefined;
  /** Higher goes first. */
  readonly priority?: number | undefined;
  /** Refuse a document that would lose its tail, instead of cutting it. */
  readonly whole?: boolean | undefined;
  /** The field of the request that wants documents to be cut at so many tokens. */
  readonly cut?: { readonly field: string; readonly tokens: number } | undefined;
  /** The body of the answer. */
  readonly answer: (outcome: Outcome) => unknown;
}

/** What the reranker found. */
export interface Outcome {
  readonly id: string;
  /** The model's name, as answers tell it. */
  readonly model: string;
  /** Of a ranking best first, of scores in the order of the pairs; all of them. */
  readonly results: readonly Scored[];
  readonly usage: Usage;
}

/** A document's score, and its place in the request. */
export interface Scored extends Score {
  readonly index: number;
}
