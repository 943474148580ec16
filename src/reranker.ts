import { Scheduler } from './batching/index.ts';
import { laneOf } from './engine/onnx/device.ts';
import { checkArray, checkQuery, readDocuments, readPairs } from './input.ts';
import { type Loaded, load } from './load.ts';
import { readLoadOptions, readRerankOptions, readScoreOptions } from './options.ts';
import { DEFAULT_INSTRUCTION } from './prompt/template.ts';
import { type Question, type Scored, scoreQuestions } from './scoring.ts';
import type {
  LoadOptions,
  Pair,
  RerankerInfo,
  RerankObjectsOptions,
  RerankOptions,
  RerankResponse,
  Score,
  ScoreOptions,
  ScoreResponse,
} from './types.ts';

/** Larger ones compute prefixes less often, but others wait longer: `npm run bench -- --token-budget N` tells the rest. */
const DEFAULT_TOKEN_BUDGET = 2048;
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
      tokenBudget: options.tokenBudget ?? loaded.tokenBudget ?? DEFAULT_TOKEN_BUDGET,
      maxQueuedDocuments: options.maxQueuedDocuments ?? DEFAULT_MAX_QUEUED_DOCUMENTS,
    });
  }

  /**
   * Loads a model: a directory with a Hugging Face checkpoint (a path that starts with `.`, `/`, `~` or a drive letter, a
   * `file:` URL, or the name of a directory that exists), a repository of the Hub (`owner/name`), or, with none named, the
   * small model that comes with this package.
   *
   * Rejects with a `RerankitError`: `INVALID_OPTION`, `MODEL_NOT_FOUND`, `MODEL_UNSUPPORTED`, `MODEL_INVALID`,
   * `DOWNLOAD_UNAUTHORIZED`, `DOWNLOAD_FAILED`, `CACHE_FAILED`, `DEVICE_UNAVAILABLE`, `ENGINE_FAILED`; or with the
   * reason of an aborted `signal`.
   */
  static async load(model?: string, options: LoadOptions = {}): Promise<Reranker> {
    const own = readLoadOptions(options);
    return new Reranker(await load(model, own), own);
  }

  /**
   * Ranks documents by their relevance to a query, best first. Documents are strings, or anything at all with the option
   * `text`. An empty list gives an empty ranking.
   *
   * Rejects with a `RerankitError`: `INVALID_OPTION`, `INVALID_INPUT`, `PROMPT_TOO_LONG`, `QUEUE_FULL`, `ENGINE_FAILED`,
   * `ENGINE_CRASHED`, `DISPOSED`; or with the reason of an aborted `signal`.
   */
  rerank<D extends string>(
    query: string,
    documents: readonly D[],
    options?: RerankOptions<D>,
  ): Promise<RerankResponse<D>>;
  rerank<D>(query: string, documents: readonly D[], options: RerankObjectsOptions<D>): Promise<RerankResponse<D>>;
  async rerank<D>(query: string, documents: readonly D[], options: RerankOptions<D> = {}): Promise<RerankResponse<D>> {
    const { text, instruction = this.#instruction, topN, minScore = 0, ...call } = readRerankOptions(options);
    checkQuery(query);
    checkArray('documents', documents);
    this.#scheduler.admit({ rows: documents.length, ...call });
    const { own, texts } = readDocuments(documents, text);
    const question = { instruction, query, documents: texts.map((text, slot) => ({ slot, text })) };
    const scored = await this.#score([question], call);
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
    const call = readScoreOptions(options);
    checkArray('pairs', pairs, ' of { query, document }');
    this.#scheduler.admit({ rows: pairs.length, ...call });
    const own = readPairs(pairs);
    const scored = await this.#score(questionsOf(own, this.#instruction), call);
    return { scores: own.map((_, index) => scoreAt(scored, index)), usage: scored.usage };
  }

  /** Refuses new calls, lets those under way finish, and frees the model. Idempotent. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#end();
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #score(questions: readonly Question[], options: ScoreOptions): Promise<Scored> {
    const { tokenizer, info } = this.#loaded;
    const setting = { encoder: tokenizer, scheduler: this.#scheduler, maxLength: info.maxLength };
    return scoreQuestions(setting, questions, options);
  }

  async #end(): Promise<void> {
    await this.#scheduler.dispose();
    await Promise.all([this.#loaded.engine.dispose(), this.#loaded.tokenizer.dispose()]);
  }
}

/** Pairs by query and instruction, so that each prefix is computed once. */
function questionsOf(pairs: readonly Pair[], instruction: string): Question[] {
  type Open = Question & { readonly documents: { slot: number; text: string }[] };
  const byInstruction = new Map<string, Map<string, Open>>();
  const questions: Open[] = [];
  for (const [slot, { query, document, instruction: own = instruction }] of pairs.entries()) {
    const byQuery = byInstruction.get(own) ?? new Map<string, Open>();
    byInstruction.set(own, byQuery);
    let question = byQuery.get(query);
    if (question === undefined) {
      question = { instruction: own, query, documents: [] };
      byQuery.set(query, question);
      questions.push(question);
    }
    question.documents.push({ slot, text: document });
  }
  return questions;
}

function scoreAt({ logits, truncated }: Scored, slot: number): Score {
  const logit = logits[slot];
  if (logit === undefined) throw new Error(`unreachable: no logit for document ${slot} of ${logits.length}`);
  return { score: 1 / (1 + Math.exp(-logit)), logit, truncated: truncated[slot] === 1 };
}
