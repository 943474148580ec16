import { type Job, Scheduler, type SchedulerStats } from '../batching/index.ts';
import type { Engine } from '../engine/engine.ts';
import { RerankitError, show } from '../errors.ts';
import type { TracedModel } from '../observability/index.ts';
import { MAX_UNITS_PER_TOKEN } from '../prompt/limits.ts';
import type { EncodeRequest, EncodeResponse } from '../tokenizer/protocol.ts';
import type { ScoreOptions } from '../types.ts';
import type { Question, Scored, Scorer } from './scorer.ts';

/** Turns text into prompts; see `TokenizerClient`. */
export interface Encoder {
  encode(request: EncodeRequest): Promise<EncodeResponse>;
  dispose(): Promise<void>;
}

export interface TokenScorerOptions {
  readonly encoder: Encoder;
  readonly engine: Engine;
  /** See `SchedulerOptions`. */
  readonly traced: TracedModel;
  /** See `SchedulerOptions`. */
  readonly lane: string;
  /** Longest prompt in tokens. */
  readonly maxLength: number;
  readonly tokenBudget: number;
  readonly maxQueuedDocuments: number;
  /** Whether the engine computes a prefix once for all its rows. */
  readonly sharedPrefixes: boolean;
  /** Instruction of calls that give none; `undefined` for models that know no instructions. */
  readonly defaultInstruction: string | undefined;
}

/**
 * Documents and UTF-16 units that go to the tokenizer at a time: little enough that a message takes the event loop no
 * millisecond and other calls get their turn, enough that messages do not matter.
 */
const CHUNK_DOCUMENTS = 64;
const CHUNK_UNITS = 262_144;

/**
 * Scores texts in this process: encodes them chunk by chunk and gives the rows to the scheduler, which runs the first
 * while the next are being encoded.
 */
export class TokenScorer implements Scorer {
  readonly #options: TokenScorerOptions;
  readonly #scheduler: Scheduler;

  constructor(options: TokenScorerOptions) {
    this.#options = options;
    this.#scheduler = new Scheduler(options);
  }

  admit(call: { readonly rows: number; readonly signal?: AbortSignal | undefined }): void {
    this.#scheduler.admit(call);
  }

  async score(questions: readonly Question[], options: ScoreOptions): Promise<Scored> {
    const { encoder, maxLength, defaultInstruction } = this.#options;
    if (defaultInstruction === undefined) for (const { instruction } of questions) refuseInstruction(instruction);
    const count = questions.reduce((sum, { documents }) => sum + documents.length, 0);
    const { priority, signal, onProgress } = options;
    const onScored = onProgress && ((scored: number) => onProgress({ scored, total: count }));
    const job = this.#scheduler.open({ rows: count, priority, signal, onScored });
    const truncated = new Uint8Array(count);
    let promptTokens = 0;

    const deliver = async (): Promise<void> => {
      for (const { instruction = defaultInstruction, query, documents } of questions) {
        checkLength(instruction, query, maxLength);
        let prefix: Int32Array | undefined;
        for (const chunk of chunks(documents, maxLength * MAX_UNITS_PER_TOKEN)) {
          const texts = chunk.map(({ text }) => text);
          const encoded = await encoder.encode({ instruction, query, documents: texts, maxLength });
          promptTokens += chunk.length * encoded.prefix.length + encoded.tokens.length;
          for (const [at, { slot, cut }] of chunk.entries()) truncated[slot] = cut ? 1 : (encoded.truncated[at] ?? 0);
          // The chunks of a question have one prefix: giving the same array says so.
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

  async dispose(): Promise<void> {
    await this.#scheduler.dispose();
    await Promise.all([this.#options.engine.dispose(), this.#options.encoder.dispose()]);
  }
}

/** Refuses what cannot be a prefix before it is sent to the tokenizer, which would say the same after copying it. */
function checkLength(instruction: string | undefined, query: string, maxLength: number): void {
  const units = (instruction?.length ?? 0) + query.length;
  if (units <= maxLength * MAX_UNITS_PER_TOKEN) return;
  const both = instruction === undefined ? '' : `instruction (${instruction.length} characters) and `;
  throw new RerankitError(
    'PROMPT_TOO_LONG',
    `${both}query (${query.length} characters: ${show(query)}) cannot fit ` +
      `into maxLength, which is ${maxLength} tokens. Shorten them.`,
  );
}

/** Throws `INVALID_OPTION` for an instruction to a model that has no place for one. */
export function refuseInstruction(instruction: string | undefined): void {
  if (instruction === undefined) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option instruction is ${show(instruction)}, but this model is a cross-encoder that knows no instructions: leave it ` +
      'out, or load a Qwen3-Reranker.',
  );
}

interface Piece {
  readonly slot: number;
  readonly text: string;
  /** Whether the text was cut before it was encoded. */
  readonly cut: boolean;
}

function* chunks(documents: Question['documents'], maxUnits: number): Generator<Piece[]> {
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
