import { type Job, Scheduler, type SchedulerStats } from '../batching/index.ts';
import type { Engine } from '../engine/engine.ts';
import type { TracedModel } from '../observability/index.ts';
import { MAX_UNITS_PER_TOKEN } from '../prompt/limits.ts';
import type { EncodeResponse } from '../tokenizer/protocol.ts';
import type { CallCost } from './scorer.ts';

export interface TokenRunnerOptions {
  readonly engine: Engine;
  /** See `SchedulerOptions`. */
  readonly traced: TracedModel;
  /** See `SchedulerOptions`. */
  readonly lane: string;
  /** See `SchedulerOptions`. @default 1 */
  readonly width?: number | undefined;
  /** Longest prompt in tokens. */
  readonly maxLength: number;
  readonly tokenBudget: number;
  readonly maxQueuedDocuments: number;
  /** Whether the engine computes a prefix once for all its rows. */
  readonly sharedPrefixes: boolean;
}

/** Documents whose prompts begin alike. */
export interface PromptGroup {
  readonly documents: readonly { readonly slot: number; readonly text: string }[];
  /** Turns some of the documents into tokens; the prefix is always the same. */
  readonly encode: (texts: readonly string[]) => Promise<EncodeResponse>;
}

/** How to run a call. */
export interface TokenRunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly priority?: number | undefined;
  /** See `OpenOptions` of the scheduler. */
  readonly onOutput?: ((slot: number, output: Float32Array) => void) | undefined;
  /** Told after each run that had documents of the call how many are done, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface TokenRunResult extends CallCost {
  /** What the engine computed of each document, by slot: `width` numbers each. Empty with `onOutput`. */
  readonly outputs: Float32Array;
}

/**
 * Documents and UTF-16 units that go to the tokenizer at a time: little enough that a message takes the event loop no
 * millisecond and other calls get their turn, enough that messages do not matter.
 */
const CHUNK_DOCUMENTS = 64;
const CHUNK_UNITS = 262_144;

/**
 * Has an engine of this process compute texts: encodes them chunk by chunk and gives the rows to the scheduler, which runs
 * the first while the next are being encoded.
 */
export class TokenRunner {
  readonly #maxUnits: number;
  readonly #scheduler: Scheduler;

  constructor(options: TokenRunnerOptions) {
    this.#maxUnits = options.maxLength * MAX_UNITS_PER_TOKEN;
    this.#scheduler = new Scheduler(options);
  }

  /** Throws what {@link run} would reject with for a call of so many documents now: see `Scorer.admit`. */
  admit(call: { readonly rows: number; readonly signal?: AbortSignal | undefined }): void {
    this.#scheduler.admit(call);
  }

  /** Computes the documents of all groups, whose slots are 0 to their number less 1, each once. */
  async run(groups: readonly PromptGroup[], options: TokenRunOptions): Promise<TokenRunResult> {
    const count = groups.reduce((sum, { documents }) => sum + documents.length, 0);
    const { priority, signal, onOutput } = options;
    const onProgress = options.onProgress && ((done: number) => options.onProgress?.(done, count));
    const job = this.#scheduler.open({ rows: count, priority, signal, onOutput, onProgress });
    const truncated = new Uint8Array(count);
    let promptTokens = 0;

    const deliver = async (): Promise<void> => {
      for (const { documents, encode } of groups) {
        let prefix: Int32Array | undefined;
        for (const chunk of chunks(documents, this.#maxUnits)) {
          const encoded = await encode(chunk.map(({ text }) => text));
          promptTokens += chunk.length * encoded.prefix.length + encoded.tokens.length;
          for (const [at, { slot, cut }] of chunk.entries()) truncated[slot] = cut ? 1 : (encoded.truncated[at] ?? 0);
          // The chunks of a group have one prefix: giving the same array says so.
          prefix ??= encoded.prefix;
          await job.add(prefix, rowsOf(chunk, encoded));
        }
      }
    };
    deliver().catch((error: unknown) => job.fail(error));
    const { computedTokens, ...result } = await job.result;
    const usage = { promptTokens, computedTokens, savedTokens: promptTokens - computedTokens };
    return { ...result, truncated, usage };
  }

  stats(): SchedulerStats {
    return this.#scheduler.stats();
  }

  /** Refuses new calls, and resolves when those under way have finished. The engine is left as it is. */
  dispose(): Promise<void> {
    return this.#scheduler.dispose();
  }
}

interface Piece {
  readonly slot: number;
  readonly text: string;
  /** Whether the text was cut before it was encoded. */
  readonly cut: boolean;
}

function* chunks(documents: PromptGroup['documents'], maxUnits: number): Generator<Piece[]> {
  let chunk: Piece[] = [];
  let units = 0;
  for (const { slot, text } of documents) {
    const cut = text.length > maxUnits;
    const piece = { slot, text: cut ? text.slice(0, maxUnits) : text, cut };
    if (chunk.length === CHUNK_DOCUMENTS || (chunk.length > 0 && units + piece.text.length > CHUNK_UNITS)) {
      yield chunk;
      chunk = [];
      units = 0;
    }
    chunk.push(piece);
    units += piece.text.length;
  }
  if (chunk.length > 0) yield chunk;
}

function rowsOf(chunk: readonly Piece[], { tokens, lengths }: EncodeResponse): Parameters<Job['add']>[1] {
  let end = 0;
  return chunk.map(({ slot }, at) => {
    const start = end;
    end += lengths[at] ?? 0;
    return { slot, tokens: tokens.subarray(start, end) };
  });
}
