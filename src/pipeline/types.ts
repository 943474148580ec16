import type { RerankObjectsOptions, RerankOptions, RerankResponse, RerankResult, Usage } from '../types.ts';

/** What a source of candidates is told besides the query. */
export interface SourceContext {
  /** So many candidates are looked at; more are ignored. */
  readonly limit: number;
  /** Aborted when the call is, or when another source has failed and nobody will look at the candidates. */
  readonly signal: AbortSignal;
}

/** A search: gives candidates for a query, best first. */
export type CandidateSource<C> = (query: string, context: SourceContext) => Iterable<C> | Promise<Iterable<C>>;

/** Ranks as `Reranker.rerank` does. */
export type RerankFunction<C> = (
  query: string,
  candidates: readonly C[],
  options: RerankObjectsOptions<C>,
) => Promise<Pick<RerankResponse<C>, 'results'> & { readonly usage?: Usage }>;

/** A `Reranker`, or what stands in for one. */
export interface CanRerank {
  /** As `Reranker.rerank`. */
  rerank<D>(query: string, documents: readonly D[], options: RerankObjectsOptions<D>): Promise<RerankResponse<D>>;
}

/** How to retrieve and rerank. */
export interface RetrieveOptions<C>
  extends Pick<RerankOptions<C>, 'instruction' | 'minScore' | 'longDocuments' | 'priority' | 'signal'> {
  readonly query: string;
  /**
   * One search, or several by their names: they run at the same time, and their rankings are fused
   * ({@link reciprocalRankFusion}), each candidate once.
   */
  readonly candidates: CandidateSource<C> | Readonly<Record<string, CandidateSource<C>>>;
  /** The reranker, or a function that calls one with options of its own. */
  readonly rerank: CanRerank | RerankFunction<C>;
  /** Most candidates that are reranked, and that each source is asked for; at least 1. @default 50 */
  readonly topK?: number | undefined;
  /** Most results, at least 1. @default all that were reranked */
  readonly topN?: number | undefined;
  /** The text of a candidate. Needed where candidates are not strings. */
  readonly text?: ((candidate: C) => string) | undefined;
  /**
   * What makes two candidates the same.
   * @default the candidate's property `id` if that is a string or a number, else the candidate itself
   */
  readonly id?: ((candidate: C) => unknown) | undefined;
  /** How much each source counts when rankings are fused, by its name; finite, at least 0. @default 1 each */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /** The constant of reciprocal rank fusion, an integer, at least 0. @default 60 */
  readonly k?: number | undefined;
  /**
   * What a source that fails means: `'throw'` rejects the call, `'skip'` goes on with the candidates of the others and
   * tells in `failures`; if all fail, the call rejects all the same.
   * @default 'throw'
   */
  readonly onSourceError?: 'throw' | 'skip' | undefined;
}

/** The same for candidates that are not strings. */
export interface RetrieveObjectsOptions<C> extends RetrieveOptions<C> {
  readonly text: (candidate: C) => string;
}

/** A candidate as the first stage had it. */
export interface Candidate<C> {
  /** The caller's own object: that of the first source that gave it. */
  readonly document: C;
  /** Its score by reciprocal rank fusion. */
  readonly score: number;
  /** Its place in each source that gave it, counted from 1. */
  readonly ranks: Readonly<Record<string, number>>;
}

/** One result; `index` is its place among `candidates`. */
export type RetrieveResult<C> = RerankResult<C> & Pick<Candidate<C>, 'ranks'>;

/** A source that failed, where that is no reason to give up. */
export interface SourceFailure {
  readonly source: string;
  /** What it threw. */
  readonly error: unknown;
}

/** How long the stages took, in milliseconds. */
export interface StageTimings {
  /** Each source that gave candidates. A single search is called `candidates`. */
  readonly sources: Readonly<Record<string, number>>;
  /** The first stage: all sources, which overlap, and their fusion. */
  readonly retrieve: number;
  readonly rerank: number;
  readonly total: number;
}

/** What came of it. */
export interface RetrieveResponse<C> {
  /** Best first. */
  readonly results: RetrieveResult<C>[];
  /** What was reranked, in the order of the first stage. */
  readonly candidates: Candidate<C>[];
  /** Empty unless `onSourceError` is `'skip'`. */
  readonly failures: SourceFailure[];
  readonly timings: StageTimings;
  /** What the reranker computed, where it tells. */
  readonly usage: Usage | undefined;
}
