/**
 * What stands between batching and whatever computes. An engine knows tokens and runs; it knows nothing of
 * text, instructions, calls or ranking.
 */
export interface Engine {
  /**
   * Computes one micro-batch. Returns what comes of the rows, in row order, as many numbers of each: a reranker's logit
   * (`logit(yes) - logit(no)`), or all of an embedder's normed last hidden state.
   * Rejects with `ENGINE_FAILED` (this run only) or `ENGINE_CRASHED` (every pending run; the next one starts afresh).
   */
  run(batch: MicroBatch): Promise<Float32Array>;
  /** Frees everything. Idempotent; waits for a run under way. */
  dispose(): Promise<void>;
}

/** Rows that are computed together. Several prefixes (queries) may share one micro-batch. */
export interface MicroBatch {
  /**
   * Token ids of each distinct prompt prefix: template, instruction and query up to `<Document>:`, say. Empty for rows that
   * share nothing.
   */
  readonly prefixes: readonly Int32Array[];
  /** One row a document; `prefix` indexes `prefixes`. Rows of one prefix need not be neighbours. */
  readonly rows: readonly MicroBatchRow[];
}

export interface MicroBatchRow {
  readonly prefix: number;
  /** Token ids of the document and of the prompt's suffix. Never empty. */
  readonly tokens: Int32Array;
}
