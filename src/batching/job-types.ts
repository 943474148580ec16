/** A row as a call delivers it. */
export interface JobRow {
  /** The row's index in the call, 0 to `rows - 1`; each comes once. */
  readonly slot: number;
  /** Token ids of the document and of the prompt's suffix. Not empty; not changed afterwards. */
  readonly tokens: Int32Array;
}

export interface JobResult {
  /** What the engine computed of each row, by slot: `width` numbers each. Empty with `onOutput`. */
  readonly outputs: Float32Array;
  /**
   * Tokens computed for this job: its rows, and each prefix once for every micro-batch in which this job was the first
   * to use it. Over all jobs that is what the engine computed, failed and abandoned work aside.
   */
  readonly computedTokens: number;
  /** Micro-batches that had rows of this job, and computed them. */
  readonly runs: number;
  /** From the opening of the job to the start of its first micro-batch. */
  readonly queueMilliseconds: number;
  /** Time that the engine spent in its micro-batches. */
  readonly runMilliseconds: number;
}

/** A call's place in the queue. */
export interface Job {
  /**
   * Settles when the last row is computed, the job fails, or its signal is aborted. Never counts as an unhandled
   * rejection, so it may be awaited late or not at all.
   */
  readonly result: Promise<JobResult>;
  /**
   * Delivers rows that share `prefix`, which may be empty. Resolves when the job may encode more: at once, unless more than
   * `BACKLOG_BUDGETS` token budgets of its rows are waiting. Rejects when the job has failed or was aborted, and with
   * `INVALID_INPUT`, which fails the job, when a slot is out of range or comes twice, or tokens are missing.
   */
  add(prefix: Int32Array, rows: readonly JobRow[]): Promise<void>;
  /**
   * Gives the job up, for instance because its text could not be encoded: `result` rejects with `error`. Does nothing
   * once the job has settled. A job that will not get all its rows must be failed, or `result` stays pending.
   */
  fail(error: unknown): void;
}
