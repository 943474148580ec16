import type { SchedulerStats } from '../batching/index.ts';
import { disposed } from '../batching/refusals.ts';
import { RerankitError, show } from '../errors.ts';
import type { SplitPart, SplitPassages } from '../passages/split-part.ts';
import { MAX_UNITS_PER_TOKEN } from '../prompt/limits.ts';
import type { EncodeRequest, EncodeResponse, SplitRequest } from '../tokenizer/protocol.ts';
import type { ScoreOptions } from '../types.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { passageDocuments, passageRanges, type SplitWish } from './passage-ranges.ts';
import type { LongQuestion, Question, Scored, ScoredPassages, Scorer } from './scorer.ts';
import { type PromptGroup, TokenRunner, type TokenRunnerOptions } from './token-runner.ts';

/** Turns text into prompts; see `TokenizerClient`. */
export interface Encoder {
  encode(request: EncodeRequest): Promise<EncodeResponse>;
  split(request: SplitRequest): Promise<readonly SplitPassages[]>;
  dispose(): Promise<void>;
}

export interface TokenScorerOptions extends TokenRunnerOptions {
  readonly encoder: Encoder;
  /** Instruction of calls that give none; `undefined` for models that know no instructions. */
  readonly defaultInstruction: string | undefined;
}

/** Scores texts in this process. */
export class TokenScorer implements Scorer {
  readonly #options: TokenScorerOptions;
  readonly #runner: TokenRunner;
  /** Calls that are being split or scored passage by passage: the runner does not know of them before they are split. */
  readonly #long = new Set<Promise<unknown>>();
  #disposing = false;

  constructor(options: TokenScorerOptions) {
    this.#options = options;
    this.#runner = new TokenRunner(options);
  }

  admit(call: { readonly rows: number; readonly signal?: AbortSignal | undefined }): void {
    call.signal?.throwIfAborted();
    if (this.#disposing) throw disposed();
    this.#runner.admit(call);
  }

  async score(questions: readonly Question[], { onProgress, ...options }: ScoreOptions): Promise<Scored> {
    const { defaultInstruction } = this.#options;
    if (defaultInstruction === undefined) for (const { instruction } of questions) refuseInstruction(instruction);
    const { outputs, ...result } = await this.#runner.run(
      questions.map((question) => this.#promptsOf(question)),
      { ...options, onProgress: onProgress && ((scored, total) => onProgress({ scored, total })) },
    );
    return { ...result, logits: outputs };
  }

  scorePassages(question: LongQuestion, wish: SplitWish, options: ScoreOptions): Promise<ScoredPassages> {
    const work = this.#scorePassages(question, wish, options);
    this.#long.add(work);
    const forget = () => this.#long.delete(work);
    work.then(forget, forget);
    return work;
  }

  async #scorePassages(
    { texts, ...question }: LongQuestion,
    wish: SplitWish,
    options: ScoreOptions,
  ): Promise<ScoredPassages> {
    const { encoder, maxLength, defaultInstruction } = this.#options;
    if (defaultInstruction === undefined) refuseInstruction(question.instruction);
    const { query, instruction = defaultInstruction } = question;
    checkLength(instruction, query, maxLength);
    const { signal } = options;
    const split = (parts: readonly SplitPart[]) => {
      const answer = encoder.split({ instruction, query, maxLength, ...wish, parts });
      return signal ? unlessAborted(answer, signal) : answer;
    };
    const ranges = await passageRanges(texts, wish.firstOnly, split);
    const documents = passageDocuments(texts, ranges);
    return { scored: await this.score([{ ...question, documents }], options), ranges };
  }

  stats(): SchedulerStats {
    return this.#runner.stats();
  }

  async dispose(): Promise<void> {
    this.#disposing = true;
    await Promise.allSettled(this.#long);
    await this.#runner.dispose();
    await Promise.all([this.#options.engine.dispose(), this.#options.encoder.dispose()]);
  }

  #promptsOf({ instruction = this.#options.defaultInstruction, query, documents }: Question): PromptGroup {
    const { encoder, maxLength } = this.#options;
    return {
      documents,
      encode: async (texts) => {
        checkLength(instruction, query, maxLength);
        return encoder.encode({ instruction, query, documents: texts, maxLength });
      },
    };
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
