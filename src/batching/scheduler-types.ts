import type { Engine } from '../engine/engine.ts';
import type { TracedModel } from '../observability/index.ts';

export interface SchedulerOptions {
  readonly engine: Engine;
  /** What tracing says is running. */
  readonly traced: TracedModel;
  /** The device, which takes one micro-batch at a time in the whole process: `'cpu'`, `'cuda:0'`, … */
  readonly lane: string;
  /** Most tokens in a micro-batch, prefixes included; a row that is longer by itself runs alone. */
  readonly tokenBudget: number;
  /** Most rows that may be announced, waiting or running, over all calls. */
  readonly maxQueuedDocuments: number;
  /** Numbers that the engine computes of each row. @default 1 */
  readonly width?: number | undefined;
  /** Most rows in a micro-batch. @default 512 */
  readonly maxRows?: number | undefined;
  /** Whether the engine computes a prefix once for all its rows. @default true */
  readonly sharedPrefixes?: boolean | undefined;
  /** Told of each micro-batch that the engine computed. What it throws becomes a process warning. */
  readonly onRun?: ((info: RunInfo) => void) | undefined;
}

/** A micro-batch that has been computed. */
export interface RunInfo {
  readonly rows: number;
  /** All tokens, those of the prefixes included. */
  readonly tokens: number;
  readonly prefixTokens: number;
  /** Calls that had rows in it. */
  readonly calls: number;
  /** How long the engine took. */
  readonly milliseconds: number;
}

export interface OpenOptions {
  /** The number of rows that the call will deliver in all. */
  readonly rows: number;
  /** Higher goes first. Any finite number. @default 0 */
  readonly priority?: number | undefined;
  /** Takes the call out of the queue. Rows that are running are computed and dropped. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told what was computed of each row, in memory that belongs to the run: copy what is to be kept. Nothing is collected then,
   * and the result's `outputs` are empty. Must not throw.
   */
  readonly onOutput?: ((slot: number, output: Float32Array) => void) | undefined;
  /** Told, after each run that had rows of the call, how many have been computed. What it throws fails the call. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface SchedulerStats {
  /** Rows of open calls that have not been computed: announced, waiting or running. */
  readonly queuedDocuments: number;
  /** Tokens of the rows that wait for a run, without prefixes. */
  readonly queuedTokens: number;
  readonly openCalls: number;
  /** Whether the engine is at work for this scheduler. */
  readonly running: boolean;
  /** Runs that have ended so far, those that failed among them. */
  readonly runs: number;
  /** Time that the engine spent in them. */
  readonly runMilliseconds: number;
}
