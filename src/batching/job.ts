import { RerankitError } from '../errors.ts';
import { onAbort } from './abort-listeners.ts';
import { Deferred } from './deferred.ts';
import type { Job, JobResult, JobRow } from './job-types.ts';
import { type PendingRow, PendingRows } from './pending-rows.ts';
import { hashedPrefix, type Prefix } from './prefix.ts';
import type { OpenOptions } from './scheduler-types.ts';
import type { Contender, Share } from './select.ts';

/** What a job tells the scheduler. */
export interface JobObserver {
  /** Rows came. */
  delivered(job: QueuedJob, tokens: number): void;
  /** The job has left; `missing` of its rows have not been computed and `waitingTokens` of its tokens were still waiting. */
  settled(job: QueuedJob, missing: number, waitingTokens: number): void;
}

export interface JobOptions {
  /** The number of rows that will be delivered. */
  readonly rows: number;
  /** Numbers that are computed of each row. */
  readonly width: number;
  readonly priority: number;
  /** Order of arrival in the scheduler. */
  readonly order: number;
  /** `add` holds the caller back while at least this many tokens of the job are waiting. */
  readonly backlogTokens: number;
  readonly signal: AbortSignal | undefined;
  readonly onOutput: OpenOptions['onOutput'];
  readonly onProgress: OpenOptions['onProgress'];
}

/** Boxed, because a job may be failed, or aborted, with any value, `undefined` among them. */
interface Failure {
  readonly error: unknown;
}

/** The scheduler's side of a {@link Job}. */
export class QueuedJob implements Job, Contender {
  readonly priority: number;
  readonly order: number;
  tag = 0;

  readonly #observer: JobObserver;
  readonly #options: JobOptions;
  readonly #result = new Deferred<JobResult>();
  readonly #outputs: Float32Array;
  /** Slots that have been delivered. */
  readonly #seen: Uint8Array;
  readonly #waiting = new PendingRows();
  /** Rows of a shared run that failed: they run again, by themselves. */
  #suspects: PendingRow[] = [];
  #missing: number;
  #computedTokens = 0;
  #runs = 0;
  #runMilliseconds = 0;
  #queueMilliseconds: number | undefined;
  readonly #openedAt = performance.now();
  /** When it began to wait: at first, and after each of its runs. */
  #idleSince = this.#openedAt;
  /** Set once the job has rejected. */
  #failure: Failure | undefined;
  /** Callers of `add` that are held back. */
  #heldBack: Deferred<void>[] = [];
  #latestPrefix: Prefix | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: JobOptions, observer: JobObserver) {
    this.#options = options;
    this.#observer = observer;
    this.priority = options.priority;
    this.order = options.order;
    this.#outputs = new Float32Array(options.onOutput ? 0 : options.rows * options.width);
    this.#seen = new Uint8Array(options.rows);
    this.#missing = options.rows;
    const { signal } = options;
    if (signal) this.#stopListening = onAbort(signal, () => this.fail(signal.reason));
  }

  get result(): Promise<JobResult> {
    return this.#result.promise;
  }

  get settled(): boolean {
    return this.#failure !== undefined || this.#missing === 0;
  }

  get hasRows(): boolean {
    return this.#suspects.length > 0 || this.#waiting.size > 0;
  }

  get alone(): boolean {
    return this.#suspects.length > 0;
  }

  get shortest(): number {
    return this.#waiting.shortest;
  }

  rows(): Iterable<PendingRow> {
    return this.alone ? this.#suspects : this.#waiting.inOrder();
  }

  add(prefix: Int32Array, rows: readonly JobRow[]): Promise<void> {
    const caller = new Deferred<void>();
    const refusal = this.#failure ?? this.#problemWith(rows);
    if (refusal) {
      this.fail(refusal.error);
      caller.reject(refusal.error);
      return caller.promise;
    }
    if (rows.length > 0) this.#accept(prefix, rows);
    this.#heldBack.push(caller);
    this.#release();
    return caller.promise;
  }

  fail(error: unknown): void {
    if (!this.settled) this.#giveUp(error);
  }

  #giveUp(error: unknown): void {
    this.#failure = { error };
    this.#leave();
    this.#result.reject(error);
    for (const caller of this.#heldBack.splice(0)) caller.reject(error);
  }

  /** Resolves if there is nothing (left) to compute. */
  finishIfComplete(): void {
    if (this.#failure || this.#missing > 0) return;
    this.#leave();
    this.#result.resolve({
      outputs: this.#outputs,
      computedTokens: this.#computedTokens,
      runs: this.#runs,
      queueMilliseconds: this.#queueMilliseconds ?? 0,
      runMilliseconds: this.#runMilliseconds,
    });
  }

  get idleSince(): number {
    return this.#idleSince;
  }

  /** Takes the share's rows out of the waiting rows: their run begins. */
  begin(share: Share): void {
    this.tag += share.tokens;
    this.#queueMilliseconds ??= performance.now() - this.#openedAt;
    if (this.alone) {
      const taken = new Set(share.rows);
      this.#suspects = this.#suspects.filter((row) => !taken.has(row));
    } else {
      this.#waiting.remove(share.rows);
    }
    this.#release();
  }

  /** Puts back rows whose shared run failed, to run without other jobs' rows. */
  retryAlone(rows: readonly PendingRow[]): void {
    this.#idleSince = performance.now();
    this.#suspects.push(...rows);
  }

  /** Records what was computed of a row. */
  record(slot: number, output: Float32Array): void {
    const { onOutput, width } = this.#options;
    if (onOutput) onOutput(slot, output);
    else this.#outputs.set(output, slot * width);
    this.#missing--;
  }

  /** Records what a run cost this job, after what it computed. */
  finishRun(tokens: number, milliseconds: number): void {
    this.#computedTokens += tokens;
    this.#runs++;
    this.#runMilliseconds += milliseconds;
    this.#idleSince = performance.now();
    if (this.#failure) return;
    try {
      this.#options.onProgress?.(this.#options.rows - this.#missing);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    this.finishIfComplete();
  }

  #accept(prefix: Int32Array, rows: readonly JobRow[]): void {
    // A call delivers its one prefix again and again: hash it once.
    if (this.#latestPrefix?.tokens !== prefix) this.#latestPrefix = hashedPrefix(prefix);
    let tokens = 0;
    for (const row of rows) {
      this.#waiting.add({ slot: row.slot, tokens: row.tokens, prefix: this.#latestPrefix });
      tokens += row.tokens.length;
    }
    this.#observer.delivered(this, tokens);
  }

  /** Checks a delivery, and marks its slots. */
  #problemWith(rows: readonly JobRow[]): Failure | undefined {
    for (const { slot, tokens } of rows) {
      if (tokens.length === 0) return misuse(`the row of slot ${slot} has no tokens; append the prompt's suffix`);
      if (!(slot in this.#seen)) {
        return misuse(
          `slot ${slot} is not one of the ${this.#seen.length} rows that were announced; number them from 0`,
        );
      }
      if (this.#seen[slot] === 1) return misuse(`slot ${slot} was delivered twice; deliver each row once`);
      this.#seen[slot] = 1;
    }
    return undefined;
  }

  /** Lets the callers of `add` go on, unless too much is waiting. */
  #release(): void {
    if (this.#waiting.tokens >= this.#options.backlogTokens) return;
    for (const caller of this.#heldBack.splice(0)) caller.resolve();
  }

  #leave(): void {
    this.#stopListening?.();
    const suspectTokens = this.#suspects.reduce((sum, row) => sum + row.tokens.length, 0);
    this.#observer.settled(this, this.#missing, this.#waiting.tokens + suspectTokens);
  }
}

function misuse(what: string): Failure {
  return { error: new RerankitError('INVALID_INPUT', `Rows cannot be queued: ${what}.`) };
}
