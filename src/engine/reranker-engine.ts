/**
 * What may stand behind a `Reranker` in place of a model in this process: another server, another library, a stand-in for
 * tests. It scores texts; queueing, options, ranking and the checks of its answers are the reranker's.
 */
export interface RerankerEngine {
  /** What `reranker.info` tells; whatever is left out is `undefined` there. */
  readonly info?: Partial<EngineInfo> | undefined;
  /**
   * Scores documents of one query and one call. Several requests may be under way at a time: see `concurrency` of
   * `Reranker.fromEngine`. A rejection rejects the call: a `RerankitError` as it is, anything else as the cause of an
   * `ENGINE_FAILED`.
   */
  score(request: EngineRequest, options: EngineCallOptions): Promise<EngineAnswer> | EngineAnswer;
  /** Frees everything; called once, when no call is under way. */
  dispose?(): Promise<void> | void;
}

/** What an engine may say of itself. */
export interface EngineInfo {
  /** The model's name. */
  readonly model: string;
  /** Longest prompt in tokens. */
  readonly maxLength: number;
}

/** A query and documents to score against it. */
export interface EngineRequest {
  readonly query: string;
  /** At least one. */
  readonly documents: readonly string[];
  /** Of each document, its place in the call that it belongs to. */
  readonly indices: readonly number[];
  /** `undefined` where neither the call nor the reranker has one: the model's default, if it knows instructions at all. */
  readonly instruction: string | undefined;
}

/** How a request is to be run. */
export interface EngineCallOptions {
  /** Aborted when nobody wants the answer any more. All requests of a call have the same one, and no others have it. */
  readonly signal: AbortSignal;
  /** The call's priority: higher goes first. */
  readonly priority: number;
}

/** An engine's scores. */
export interface EngineAnswer {
  /** One finite number a document, in the order of the request: `logit(yes) - logit(no)`, whose sigmoid is the relevance score. */
  readonly logits: ArrayLike<number>;
  /** One a document: whether it lost its tail. @default none did */
  readonly truncated?: ArrayLike<boolean> | undefined;
  /** Tokens of all the prompts. @default 0 */
  readonly promptTokens?: number | undefined;
  /** Tokens that were computed, at most `promptTokens`. @default promptTokens */
  readonly computedTokens?: number | undefined;
}
