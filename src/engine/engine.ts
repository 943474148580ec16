/**
 * What stands between batching and whatever computes logits. An engine knows tokens and runs; it knows nothing of
 * text, instructions, calls or ranking.
 */
export interface Engine {
  /**
   * Scores one micro-batch. Returns one logit (`logit(yes) - logit(no)`) for each row, in row order.
   * Rejects with `ENGINE_FAILED` (this run only) or `ENGINE_CRASHED` (every pending run; the next one starts afresh).
   */
  run(batch: MicroBatch): Promise<Float32Array>;
  /** Frees everything. Idempotent; waits for a run under way. */
  dispose(): Promise<void>;
}

/** Rows that are computed together. Several prefixes (queries) may share one micro-batch. */
export interface MicroBatch {
  /** Token ids of each distinct prompt prefix: template, instruction and query up to `<Document>:`. None is empty. */
  readonly prefixes: readonly Int32Array[];
  /** One row a document; `prefix` indexes `prefixes`. Rows of one prefix need not be neighbours. */
  readonly rows: readonly MicroBatchRow[];
}

export interface MicroBatchRow {
  readonly prefix: number;
  /** Token ids of the document and the prompt's suffix. Never empty. */
  readonly tokens: Int32Array;
}
