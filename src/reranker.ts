import { Scheduler } from './batching/index.ts';
import { laneOf } from './engine/onnx/device.ts';
import { checkPairs, checkQuery, textsOf } from './input.ts';
import { type Loaded, load } from './load.ts';
import { checkLoadOptions, checkRerankOptions, checkScoreOptions } from './options.ts';
import { DEFAULT_INSTRUCTION } from './prompt/template.ts';
import { type Question, type Scored, scoreQuestions } from './scoring.ts';
import type {
  LoadOptions,
  Pair,
  RerankerInfo,
  RerankOptions,
  RerankResponse,
  Score,
  ScoreOptions,
  ScoreResponse,
} from './types.ts';

/**
 * Larger micro-batches are no faster (their activations leave the cache), and everybody waits longer for the run to end.
 */
const DEFAULT_TOKEN_BUDGET = 1024;
const DEFAULT_MAX_QUEUED_DOCUMENTS = 100_000;

/**
 * A loaded reranking model. Calls may overlap freely: those that are waiting share runs, whatever their queries.
 *
 * ```ts
 * await using reranker = await Reranker.load();
 * const { results } = await reranker.rerank('What is the capital of China?', documents, { topN: 5 });
 * ```
 */
export class Reranker implements AsyncDisposable {
  /** What was loaded, and where it runs. */
  readonly info: RerankerInfo;
  readonly #loaded: Loaded;
  readonly #scheduler: Scheduler;
  readonly #instruction: string;
  #disposal: Promise<void> | undefined;

  private constructor(loaded: Loaded, options: LoadOptions) {
    this.info = Object.freeze(loaded.info);
    this.#loaded = loaded;
    this.#instruction = options.instruction ?? DEFAULT_INSTRUCTION;
    this.#scheduler = new Scheduler({
      engine: loaded.engine,
      lane: laneOf(loaded.info.device, loaded.info.deviceId),
      tokenBudget: options.tokenBudget ?? DEFAULT_TOKEN_BUDGET,
      maxQueuedDocuments: options.maxQueuedDocuments ?? DEFAULT_MAX_QUEUED_DOCUMENTS,
    });
  }

  /**
   * Loads a model: a directory with a Hugging Face checkpoint (a path, or anything that starts with `.` or `/`), a
   * repository of the Hub (`owner/name`), or, with none named, the small model that comes with this package.
   *
   * Rejects with a `RerankitError`: `INVALID_OPTION`, `MODEL_NOT_FOUND`, `MODEL_UNSUPPORTED`, `MODEL_INVALID`,
   * `DOWNLOAD_UNAUTHORIZED`, `DOWNLOAD_FAILED`, `CACHE_FAILED`, `DEVICE_UNAVAILABLE`, `ENGINE_FAILED`; or with the
   * reason of an aborted `signal`.
   */
  static async load(model?: string, options: LoadOptions = {}): Promise<Reranker> {
    checkLoadOptions(options);
    return new Reranker(await load(model, options), options);
  }

  /**
   * Ranks documents by their relevance to a query, best first. Documents are strings, or anything at all with the option
   * `text`. An empty list gives an empty ranking.
   *
   * Rejects with a `RerankitError`: `INVALID_OPTION`, `INVALID_INPUT`, `PROMPT_TOO_LONG`, `QUEUE_FULL`, `ENGINE_FAILED`,
   * `ENGINE_CRASHED`, `DISPOSED`; or with the reason of an aborted `signal`.
   */
  async rerank<D>(query: string, documents: readonly D[], options: RerankOptions<D> = {}): Promise<RerankResponse<D>> {
    checkRerankOptions(options);
    checkQuery(query);
    const { instruction = this.#instruction, topN, minScore = 0, text } = options;
    const texts = textsOf(documents, text).map((text, slot) => ({ slot, text }));
    // The caller may change its array while the call runs.
    const own = [...documents];
    const scored = await this.#score([{ instruction, query, documents: texts }], options);
    const results = own
      .map((document, index) => ({ index, document, ...scoreAt(scored, index) }))
      .filter(({ score }) => score >= minScore)
      // Stable: equal logits keep the order of the input.
      .sort((a, b) => b.logit - a.logit)
      .slice(0, topN);
    return { results, usage: scored.usage };
  }

  /**
   * Scores pairs of query and document, in the order of the input: for many queries at once, or where no ranking is
   * wanted. Pairs of one query share its prefix. Rejects as {@link rerank} does.
   */
  async score(pairs: readonly Pair[], options: ScoreOptions = {}): Promise<ScoreResponse> {
    checkScoreOptions(options);
    checkPairs(pairs);
    const scored = await this.#score(questionsOf(pairs, this.#instruction), options);
    return { scores: pairs.map((_, index) => scoreAt(scored, index)), usage: scored.usage };
  }

  /** Refuses new calls, lets those under way finish, and frees the model. Idempotent. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#end();
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #score(questions: readonly Question[], { signal, priority }: ScoreOptions): Promise<Scored> {
    const { tokenizer, info } = this.#loaded;
    const setting = { encoder: tokenizer, scheduler: this.#scheduler, maxLength: info.maxLength };
    return scoreQuestions(setting, questions, {
      ...(signal && { signal }),
      ...(priority !== undefined && { priority }),
    });
  }

  async #end(): Promise<void> {
    await this.#scheduler.dispose();
    await Promise.all([this.#loaded.engine.dispose(), this.#loaded.tokenizer.dispose()]);
  }
}

/** Pairs by query and instruction, so that each prefix is computed once. */
function questionsOf(pairs: readonly Pair[], instruction: string): Question[] {
  const questions = new Map<
    string,
    { instruction: string; query: string; documents: { slot: number; text: string }[] }
  >();
  for (const [slot, pair] of pairs.entries()) {
    const own = pair.instruction ?? instruction;
    const key = JSON.stringify([own, pair.query]);
    let question = questions.get(key);
    if (question === undefined) {
      question = { instruction: own, query: pair.query, documents: [] };
      questions.set(key, question);
    }
    question.documents.push({ slot, text: pair.document });
  }
  return [...questions.values()];
}

function scoreAt({ logits, truncated }: Scored, slot: number): Score {
  const logit = logits[slot] ?? Number.NaN;
  return { score: 1 / (1 + Math.exp(-logit)), logit, truncated: truncated[slot] === 1 };
}
