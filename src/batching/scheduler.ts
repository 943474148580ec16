import { type RunTrace, runChannel, trace, traceErrorOf } from '../observability/index.ts';
import { Deferred } from './deferred.ts';
import { FairClock } from './fair-clock.ts';
import { Gathering } from './gathering.ts';
import { type JobObserver, QueuedJob } from './job.ts';
import type { Job } from './job-types.ts';
import { runLane } from './lane.ts';
import { disposed, queueFull } from './refusals.ts';
import { badOutput, type Outcome, runBatch } from './run-batch.ts';
import type { OpenOptions, SchedulerOptions, SchedulerStats } from './scheduler-types.ts';
import { type Selection, select } from './select.ts';
import { Ticket } from './ticket.ts';

/**
 * How far a call may be encoded ahead of the engine, in token budgets: enough to choose rows of similar length from,
 * little enough that the tokens of a huge call do not all lie in memory.
 */
export const BACKLOG_BUDGETS = 8;

/** Keeps the index arrays of a run, and the wait of whoever comes next, small even when documents are tiny. */
export const DEFAULT_MAX_ROWS = 512;

/**
 * Brings the rows of all calls together into micro-batches and hands these to the engine, one at a time.
 *
 * A call opens a job and delivers its rows as it encodes them; each micro-batch is filled from all jobs that have rows
 * waiting, when its turn in the device's lane has come.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #width: number;
  /** Held while rows are waiting and none are running, once the calls of the moment have been gathered. */
  readonly #ticket: Ticket;
  readonly #gathering: Gathering;
  readonly #clock = new FairClock();
  readonly #open = new Set<QueuedJob>();
  /** Open jobs that have rows to run. */
  readonly #waiting = new Set<QueuedJob>();
  /** Open jobs that have not delivered any row yet. */
  readonly #awaited = new Set<QueuedJob>();
  #running = false;
  #queuedDocuments = 0;
  #queuedTokens = 0;
  #calls = 0;
  #runs = 0;
  #runMilliseconds = 0;
  #disposal: Deferred<void> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#width = options.width ?? 1;
    this.#ticket = new Ticket(runLane(options.lane), () => this.#turn());
    this.#gathering = new Gathering(
      () => this.#awaited.size === 0 || this.#queuedTokens >= options.tokenBudget,
      () => this.#ticket.take(this.#highestPriority()),
    );
  }

  /**
   * Throws what {@link open} would throw for a call of so many rows now, so that a call which will be refused is not
   * prepared first: the signal's reason if it is aborted already; `DISPOSED`; `QUEUE_FULL` if there would be more than
   * `maxQueuedDocuments` rows in the queue.
   */
  admit({ rows, signal }: OpenOptions): void {
    signal?.throwIfAborted();
    if (this.#disposal) throw disposed();
    const full = queueFull(rows, this.#queuedDocuments, this.#options.maxQueuedDocuments);
    if (full) throw full;
  }

  /** Opens a call. Throws as {@link admit} does. */
  open(options: OpenOptions): Job {
    this.admit(options);
    const { rows, priority = 0, signal, onOutput, onProgress } = options;
    const backlogTokens = BACKLOG_BUDGETS * this.#options.tokenBudget;
    const order = this.#calls++;
    const job = new QueuedJob(
      { rows, width: this.#width, priority, order, backlogTokens, signal, onOutput, onProgress },
      this.#observer,
    );
    this.#queuedDocuments += rows;
    this.#open.add(job);
    this.#awaited.add(job);
    this.#clock.enter(priority);
    job.finishIfComplete(); // A call of no rows has nothing to wait for.
    return job;
  }

  stats(): SchedulerStats {
    return {
      queuedDocuments: this.#queuedDocuments,
      queuedTokens: this.#queuedTokens,
      openCalls: this.#open.size,
      running: this.#running,
      runs: this.#runs,
      runMilliseconds: this.#runMilliseconds,
    };
  }

  /** Refuses new calls, and resolves when the open ones have settled and the engine is at rest. Idempotent. */
  dispose(): Promise<void> {
    this.#disposal ??= new Deferred();
    this.#resolveDisposal();
    return this.#disposal.promise;
  }

  readonly #observer: JobObserver = {
    delivered: (job, tokens) => {
      // A job that had nothing to run was not waiting for its share: it starts again with those that come now.
      if (!this.#waiting.has(job)) job.tag = Math.max(job.tag, this.#clock.startTag(job.priority));
      this.#awaited.delete(job);
      this.#waiting.add(job);
      this.#queuedTokens += tokens;
      if (this.#ticket.priority === undefined) this.#proceed();
      else if (this.#waiting.size === 1) this.#ticket.move(job.priority);
      else this.#ticket.move(Math.max(job.priority, this.#ticket.priority));
    },
    settled: (job, missing, waitingTokens) => {
      this.#open.delete(job);
      this.#awaited.delete(job);
      this.#waiting.delete(job);
      this.#clock.leave(job.priority);
      this.#queuedDocuments -= missing;
      this.#queuedTokens -= waitingTokens;
      // With nothing left to run the ticket is kept, and lapses when its turn comes.
      if (this.#ticket.priority === undefined) this.#proceed();
      else if (this.#waiting.size > 0) this.#ticket.move(this.#highestPriority(this.#ticket.priority));
      this.#resolveDisposal();
    },
  };

  /** Sees to it that waiting rows will run, when no ticket is held. */
  #proceed(): void {
    if (this.#running) return; // The end of the run sees to the rest.
    if (this.#waiting.size === 0) this.#gathering.cancel();
    else this.#gathering.begin();
  }

  /** One micro-batch. What is in it is decided now, so that rows which came while the lane was busy share the run. */
  async #turn(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { tokenBudget, maxRows = DEFAULT_MAX_ROWS, sharedPrefixes } = this.#options;
    const selection = select(this.#waiting, { tokenBudget, maxRows, sharedPrefixes });
    this.#running = true;
    this.#begin(selection);
    await this.#run(selection);
    this.#running = false;
    // Whoever came during the run has had the time to deliver: gathering again would only leave the engine idle.
    if (this.#waiting.size > 0) this.#ticket.take(this.#highestPriority());
    this.#resolveDisposal();
  }

  /** Takes the selected rows out of the queue, and keeps the accounts of who was served. */
  #begin({ shares }: Selection<QueuedJob>): void {
    const served = new Map<number, number>();
    const waiting = new Map<number, number>();
    for (const { priority } of this.#waiting) waiting.set(priority, (waiting.get(priority) ?? 0) + 1);
    for (const [job, share] of shares) {
      served.set(job.priority, (served.get(job.priority) ?? 0) + share.tokens);
      for (const row of share.rows) this.#queuedTokens -= row.tokens.length;
      job.begin(share);
      if (!job.hasRows) this.#waiting.delete(job);
    }
    this.#clock.advance(served, waiting);
  }

  async #run(selection: Selection<QueuedJob>): Promise<void> {
    const { rows, shares, tokens, prefixes } = selection;
    const prefixTokens = prefixes.reduce((sum, prefix) => sum + prefix.length, 0);
    const start = performance.now();
    const outcome = await this.#traced(selection, prefixTokens, start);
    const milliseconds = performance.now() - start;
    this.#runs++;
    this.#runMilliseconds += milliseconds;
    if (!outcome.computed) {
      if (outcome.divisible && shares.size > 1) this.#retryApart(selection);
      else for (const job of shares.keys()) job.fail(outcome.error);
      return;
    }
    const width = this.#width;
    for (const [index, { job, row }] of rows.entries())
      this.#deliver(job, row.slot, outcome.outputs.subarray(index * width, (index + 1) * width));
    for (const [job, share] of shares) job.finishRun(share.tokens, milliseconds);
    this.#report({ rows: rows.length, tokens, prefixTokens, calls: shares.size, milliseconds });
  }

  #traced(selection: Selection<QueuedJob>, prefixTokens: number, now: number): Promise<Outcome> {
    const { rows, shares, tokens, prefixes } = selection;
    const begin = (): RunTrace => ({
      ...this.#options.traced,
      documents: rows.length,
      calls: shares.size,
      queries: prefixes.length,
      queueMilliseconds: now - Math.min(...Array.from(shares.keys(), (job) => job.idleSince)),
      tokens,
      prefixTokens,
    });
    const work = (): Promise<Outcome> => runBatch(this.#options.engine, selection, this.#width);
    return trace(runChannel, begin, work, (message, outcome) => {
      if (!outcome.computed) message.error = traceErrorOf(outcome.error);
    });
  }

  #deliver(job: QueuedJob, slot: number, output: Float32Array): void {
    if (job.settled) return; // Aborted or failed during the run.
    const bad = output.find((value) => !Number.isFinite(value));
    if (bad !== undefined) {
      job.fail(badOutput(slot, bad));
      return;
    }
    job.record(slot, output);
    this.#queuedDocuments--;
  }

  /**
   * After a failed run of several jobs: each runs its rows again by itself, and one that fails then is given up. So a
   * row runs at most twice, and no job fails for its neighbours.
   */
  #retryApart({ shares }: Selection<QueuedJob>): void {
    for (const [job, { rows }] of shares) {
      if (job.settled) continue;
      job.retryAlone(rows);
      this.#waiting.add(job);
      for (const row of rows) this.#queuedTokens += row.tokens.length;
    }
  }

  /** The highest priority among waiting jobs, which is known not to be above `most`. */
  #highestPriority(most = Number.POSITIVE_INFINITY): number {
    let highest = Number.NEGATIVE_INFINITY;
    for (const { priority } of this.#waiting) {
      highest = Math.max(highest, priority);
      if (highest === most) break;
    }
    return highest;
  }

  #report(info: Parameters<NonNullable<SchedulerOptions['onRun']>>[0]): void {
    try {
      this.#options.onRun?.(info);
    } catch (error) {
      // An observer's mistake must not cost a call its result, nor pass unseen.
      process.emitWarning(error instanceof Error ? error : `onRun threw ${String(error)}`);
    }
  }

  #resolveDisposal(): void {
    if (this.#open.size === 0 && !this.#running) this.#disposal?.resolve();
  }
}
