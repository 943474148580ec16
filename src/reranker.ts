import { CallLog, type OpenCall } from './call-log.ts';
import { DEFAULT_MAX_QUEUED_DOCUMENTS, DEFAULT_TOKEN_BUDGET } from './defaults.ts';
import { laneOf } from './engine/onnx/device.ts';
import { connect } from './engine/remote/connect.ts';
import type { ConnectOptions } from './engine/remote/connect-options.ts';
import type { RerankerEngine } from './engine/reranker-engine.ts';
import { RerankitError, show } from './errors.ts';
import { checkArray, checkQuery, readDocuments, readPairs } from './input.ts';
import { load } from './load.ts';
import { rerankChannel, traceLoad } from './observability/index.ts';
import {
  type ReadRerankOptions,
  readConnectOptions,
  readEngine,
  readEngineOptions,
  readLoadOptions,
  readRerankOptions,
  readScoreOptions,
} from './options.ts';
import {
  combinePassages,
  type LongQuestion,
  type Question,
  type Scored,
  type ScoredDocuments,
  type Scorer,
  scoreOf,
  TextScorer,
  TokenScorer,
} from './scoring/index.ts';
import type {
  EngineOptions,
  LoadOptions,
  Pair,
  RerankerInfo,
  RerankerStats,
  RerankObjectsOptions,
  RerankOptions,
  RerankResponse,
  Score,
  ScoreOptions,
  ScoreResponse,
} from './types.ts';

const DEFAULT_BATCH_SIZE = 256;
const DEFAULT_CONCURRENT_REQUESTS = 4;

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
  readonly #scorer: Scorer;
  readonly #calls: CallLog<'rerank' | 'score'>;
  readonly #instruction: string | undefined;
  #disposal: Promise<void> | undefined;

  private constructor(scorer: Scorer, info: RerankerInfo, instruction: string | undefined) {
    this.info = Object.freeze(info);
    this.#scorer = scorer;
    this.#calls = new CallLog(rerankChannel, info);
    this.#instruction = instruction;
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
    return traceLoad(typeof model === 'string' ? model : 'embedded', () => Reranker.#load(model, options));
  }

  static async #load(model: string | undefined, options: LoadOptions): Promise<Reranker> {
    const own = readLoadOptions(options);
    const { tokenizer, engine, info, sharedPrefixes, defaultInstruction, ...loaded } = await load(model, own);
    const scorer = new TokenScorer({
      encoder: tokenizer,
      engine,
      traced: { model: info.model, device: info.device },
      lane: laneOf(info.device, info.deviceId),
      maxLength: info.maxLength,
      tokenBudget: own.tokenBudget ?? loaded.tokenBudget ?? DEFAULT_TOKEN_BUDGET,
      maxQueuedDocuments: own.maxQueuedDocuments ?? DEFAULT_MAX_QUEUED_DOCUMENTS,
      sharedPrefixes,
      defaultInstruction,
    });
    return new Reranker(scorer, { ...info, instruction: own.instruction ?? defaultInstruction }, own.instruction);
  }

  /**
   * A reranker in front of an engine of your own: the same calls, options, checks and results, whatever computes. The
   * engine is disposed with it. Throws `INVALID_OPTION`.
   */
  static fromEngine(engine: RerankerEngine, options: EngineOptions = {}): Reranker {
    const own = readEngineOptions(options);
    const { engine: checked, info: facts } = readEngine(engine);
    const model = facts.model ?? 'engine';
    const scorer = new TextScorer({
      engine: checked,
      traced: { model, device: undefined },
      concurrency: own.concurrency ?? 1,
      batchSize: own.batchSize ?? DEFAULT_BATCH_SIZE,
      maxQueuedDocuments: own.maxQueuedDocuments ?? DEFAULT_MAX_QUEUED_DOCUMENTS,
      countTokens: own.countTokens,
    });
    const info: RerankerInfo = {
      model,
      source: 'engine',
      revision: undefined,
      dtype: undefined,
      dtypeReason: 'an engine from outside computes the scores',
      device: undefined,
      deviceId: 0,
      deviceIds: [],
      threads: undefined,
      refusedDevices: [],
      instruction: own.instruction,
      contextLength: facts.maxLength,
      maxLength: facts.maxLength,
    };
    return new Reranker(scorer, info, own.instruction);
  }

  /**
   * A reranker in front of a server: vLLM, text-embeddings-inference, infinity, llama.cpp, Cohere, Jina, Voyage, or this
   * library's own service; the same calls, options and results. See docs/remote.md for what each can do. All but the
   * hosted services are asked a few short questions first.
   *
   * Rejects with a `RerankitError`: `INVALID_OPTION`, `MODEL_NOT_FOUND`, `REMOTE_UNAUTHORIZED`, `REMOTE_UNAVAILABLE`,
   * `REMOTE_FAILED`; or with the reason of an aborted `signal`. Calls may reject with the last three, too.
   */
  static async connect(url: string | URL, options: ConnectOptions): Promise<Reranker> {
    const own = readConnectOptions(options);
    return traceLoad(own.model ?? own.protocol, () => Reranker.#connect(url, own));
  }

  static async #connect(url: string | URL, own: ConnectOptions): Promise<Reranker> {
    const { engine, info, batchSize } = await connect(url, own);
    const scorer = new TextScorer({
      engine,
      traced: { model: info.model, device: undefined },
      concurrency: own.concurrency ?? DEFAULT_CONCURRENT_REQUESTS,
      batchSize,
      maxQueuedDocuments: own.maxQueuedDocuments ?? DEFAULT_MAX_QUEUED_DOCUMENTS,
      countTokens: own.countTokens,
    });
    return new Reranker(scorer, { ...info, instruction: own.instruction }, own.instruction);
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
    return this.#calls.watch('rerank', documents, (call) => this.#rerank(query, documents, options, call));
  }

  async #rerank<D>(
    query: string,
    documents: readonly D[],
    options: RerankOptions<D>,
    open: OpenCall,
  ): Promise<RerankResponse<D>> {
    const {
      text,
      instruction = this.#instruction,
      topN,
      minScore = 0,
      longDocuments,
      ...call
    } = readRerankOptions(options);
    open.signal = call.signal;
    checkQuery(query);
    checkArray('documents', documents);
    this.#scorer.admit({ rows: documents.length, ...call });
    const { own, texts } = readDocuments(documents, text);
    const { scored, passages } = longDocuments
      ? await this.#scoreLong({ instruction, query, texts }, longDocuments, call)
      : { scored: await this.#scorer.score([questionOf(instruction, query, texts)], call), passages: undefined };
    open.cost = scored;
    const results = own
      .map((document, index) => ({
        index,
        document,
        ...scoreAt(scored, index),
        ...(passages && { passage: passages[index] }),
      }))
      .filter(({ score }) => score >= minScore)
      // Stable: equal logits keep the order of the input.
      .sort((a, b) => b.logit - a.logit)
      .slice(0, topN);
    return { results, usage: scored.usage };
  }

  async #scoreLong(
    question: LongQuestion,
    { combine, ...windows }: NonNullable<ReadRerankOptions<never>['longDocuments']>,
    call: ScoreOptions,
  ): Promise<ScoredDocuments> {
    if (this.#scorer.scorePassages === undefined) {
      throw new RerankitError(
        'INVALID_OPTION',
        `The option longDocuments of rerank needs to count tokens, and those of ${show(this.info.model)} (${this.info.source}) ` +
          'are not known here: split the texts yourself, load the model in this process, or give an engine of your own countTokens.',
      );
    }
    const scored = await this.#scorer.scorePassages(question, { ...windows, firstOnly: combine === 'first' }, call);
    return combinePassages(scored, question.texts, combine);
  }

  /**
   * Scores pairs of query and document, in the order of the input: for many queries at once, or where no ranking is
   * wanted. Pairs of one query share its prefix. Rejects as {@link rerank} does.
   */
  async score(pairs: readonly Pair[], options: ScoreOptions = {}): Promise<ScoreResponse> {
    return this.#calls.watch('score', pairs, (call) => this.#score(pairs, options, call));
  }

  async #score(pairs: readonly Pair[], options: ScoreOptions, open: OpenCall): Promise<ScoreResponse> {
    const call = readScoreOptions(options);
    open.signal = call.signal;
    checkArray('pairs', pairs, ' of { query, document }');
    this.#scorer.admit({ rows: pairs.length, ...call });
    const own = readPairs(pairs);
    const scored = await this.#scorer.score(questionsOf(own, this.#instruction), call);
    open.cost = scored;
    return { scores: own.map((_, index) => scoreAt(scored, index)), usage: scored.usage };
  }

  /** What is waiting and running now, and what has been done since the model was loaded. Costs next to nothing. */
  stats(): RerankerStats {
    const { runs, runMilliseconds, ...now } = this.#scorer.stats();
    return { ...now, total: { ...this.#calls.totals(), runs, runMilliseconds } };
  }

  /** Refuses new calls, lets those under way finish, and frees the model. Idempotent. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#scorer.dispose();
    return this.#disposal;
  }

  /** {@link dispose}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

function questionOf(instruction: string | undefined, query: string, texts: readonly string[]): Question {
  return { instruction, query, documents: texts.map((text, slot) => ({ slot, text })) };
}

/** Pairs by query and instruction, so that each prefix is computed once. */
function questionsOf(pairs: readonly Pair[], instruction: string | undefined): Question[] {
  type Open = Question & { readonly documents: { slot: number; text: string }[] };
  const byInstruction = new Map<string | undefined, Map<string, Open>>();
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
  return { ...scoreOf(logit), truncated: truncated[slot] === 1 };
}
