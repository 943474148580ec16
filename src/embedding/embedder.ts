import { CallLog, type OpenCall } from '../call-log.ts';
import { DEFAULT_MAX_QUEUED_DOCUMENTS, DEFAULT_TOKEN_BUDGET } from '../defaults.ts';
import { laneOf } from '../engine/onnx/device.ts';
import { checkArray, checkQuery, readDocuments } from '../input.ts';
import { embedChannel, traceLoad } from '../observability/index.ts';
import { TokenRunner, type TokenRunOptions } from '../scoring/index.ts';
import type { RerankerStats } from '../types.ts';
import { type LoadedEmbedder, loadEmbedder } from './load-embedder.ts';
import { checkDimensions, readDocumentsOptions, readEmbedderOptions, readQueryOptions } from './options.ts';
import { queryPrompt } from './prompt.ts';
import type {
  DocumentEmbeddings,
  EmbedDocumentsOptions,
  EmbedderInfo,
  EmbedderOptions,
  EmbedObjectsOptions,
  EmbedQueryOptions,
  QueryEmbedding,
} from './types.ts';
import { unitVector } from './unit-vector.ts';

/**
 * A loaded embedding model. Calls may overlap freely: those that are waiting share runs.
 *
 * ```ts
 * await using embedder = await Embedder.load('Qwen/Qwen3-Embedding-0.6B');
 * const { embeddings } = await embedder.embedDocuments(documents);
 * const { embedding } = await embedder.embedQuery('What is the capital of China?');
 * ```
 */
export class Embedder implements AsyncDisposable {
  /** What was loaded, and where it runs. */
  readonly info: EmbedderInfo;
  readonly #loaded: LoadedEmbedder;
  readonly #runner: TokenRunner;
  readonly #calls: CallLog<'query' | 'documents'>;
  #disposal: Promise<void> | undefined;

  private constructor(loaded: LoadedEmbedder, { tokenBudget, maxQueuedDocuments }: EmbedderOptions) {
    const { info, engine } = loaded;
    this.info = Object.freeze(info);
    this.#loaded = loaded;
    this.#calls = new CallLog(embedChannel, info);
    this.#runner = new TokenRunner({
      engine,
      traced: { model: info.model, device: info.device },
      lane: laneOf(info.device, info.deviceId),
      width: info.maxDimensions,
      maxLength: info.maxLength,
      tokenBudget: tokenBudget ?? loaded.tokenBudget ?? DEFAULT_TOKEN_BUDGET,
      maxQueuedDocuments: maxQueuedDocuments ?? DEFAULT_MAX_QUEUED_DOCUMENTS,
      sharedPrefixes: true,
    });
  }

  /**
   * Loads a model: a directory with a Hugging Face checkpoint (a path that starts with `.`, `/`, `~` or a drive letter, a
   * `file:` URL, or the name of a directory that exists), or a repository of the Hub (`owner/name`).
   *
   * Rejects with a `RerankitError`: `INVALID_OPTION`, `MODEL_NOT_FOUND`, `MODEL_UNSUPPORTED` (a reranker, say),
   * `MODEL_INVALID`, `DOWNLOAD_UNAUTHORIZED`, `DOWNLOAD_FAILED`, `CACHE_FAILED`, `DEVICE_UNAVAILABLE`, `ENGINE_FAILED`; or
   * with the reason of an aborted `signal`.
   */
  static async load(model: string, options: EmbedderOptions = {}): Promise<Embedder> {
    return traceLoad(typeof model === 'string' ? model : '', async () => {
      const own = readEmbedderOptions(options);
      return new Embedder(await loadEmbedder(model, own), own);
    });
  }

  /**
   * Embeds a query, behind the prompt that its instruction makes.
   *
   * Rejects with a `RerankitError`: `INVALID_OPTION`, `INVALID_INPUT`, `PROMPT_TOO_LONG` (the instruction leaves no room),
   * `QUEUE_FULL`, `ENGINE_FAILED`, `ENGINE_CRASHED`, `DISPOSED`; or with the reason of an aborted `signal`.
   */
  async embedQuery(query: string, options: EmbedQueryOptions = {}): Promise<QueryEmbedding> {
    return this.#calls.watch('query', [query], (call) => this.#embedQuery(query, options, call));
  }

  async #embedQuery(query: string, options: EmbedQueryOptions, open: OpenCall): Promise<QueryEmbedding> {
    const { dimensions, instruction, ...run } = readQueryOptions(options);
    open.signal = run.signal;
    checkQuery(query);
    this.#checkDimensions('embedQuery', dimensions);
    const prompt = instruction === undefined ? this.info.queryPrompt : queryPrompt(instruction);
    const { embeddings, truncated, usage } = await this.#embed([query], { prompt, dimensions, run }, open);
    const [embedding] = embeddings;
    if (embedding === undefined) throw new Error('unreachable: a query has a vector');
    return { embedding, truncated: truncated[0] === true, usage };
  }

  /**
   * Embeds documents, in the order of the input. Documents are strings, or anything at all with the option `text`. An empty
   * list gives no vectors. Rejects as {@link embedQuery} does.
   */
  embedDocuments(documents: readonly string[], options?: EmbedDocumentsOptions<string>): Promise<DocumentEmbeddings>;
  embedDocuments<D>(documents: readonly D[], options: EmbedObjectsOptions<D>): Promise<DocumentEmbeddings>;
  async embedDocuments<D>(
    documents: readonly D[],
    options: EmbedDocumentsOptions<D> = {},
  ): Promise<DocumentEmbeddings> {
    return this.#calls.watch('documents', documents, (call) => this.#embedDocuments(documents, options, call));
  }

  async #embedDocuments<D>(
    documents: readonly D[],
    options: EmbedDocumentsOptions<D>,
    open: OpenCall,
  ): Promise<DocumentEmbeddings> {
    const { text, dimensions, onProgress, ...call } = readDocumentsOptions(options);
    open.signal = call.signal;
    checkArray('documents', documents);
    this.#checkDimensions('embedDocuments', dimensions);
    this.#runner.admit({ rows: documents.length, ...call });
    const { texts } = readDocuments(documents, text);
    const run = {
      ...call,
      onProgress: onProgress && ((embedded: number, total: number) => onProgress({ embedded, total })),
    };
    return this.#embed(texts, { prompt: this.info.documentPrompt, dimensions, run }, open);
  }

  /** What is waiting and running now, and what has been done since the model was loaded. Costs next to nothing. */
  stats(): RerankerStats {
    const { runs, runMilliseconds, ...now } = this.#runner.stats();
    return { ...now, total: { ...this.#calls.totals(), runs, runMilliseconds } };
  }

  /** Refuses new calls, lets those under way finish, and frees the model. Idempotent. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  /** {@link dispose}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #dispose(): Promise<void> {
    await this.#runner.dispose();
    await Promise.all([this.#loaded.engine.dispose(), this.#loaded.tokenizer.dispose()]);
  }

  #checkDimensions(call: string, dimensions: number | undefined): void {
    if (dimensions !== undefined) checkDimensions(call, dimensions, this.info.maxDimensions);
  }

  async #embed(texts: readonly string[], how: Embedding, open: OpenCall): Promise<DocumentEmbeddings> {
    const { prompt, dimensions = this.info.dimensions, run } = how;
    const { maxLength } = this.info;
    const { tokenizer } = this.#loaded;
    const documents = texts.map((text, slot) => ({ slot, text }));
    const encode = (texts: readonly string[]) => tokenizer.encodeTexts({ prompt, texts, maxLength });
    const embeddings: Float32Array[] = Array.from({ length: texts.length });
    // Run by run, and not in the end: that would hold the event loop for as long as all vectors take.
    const onOutput = (slot: number, state: Float32Array): void => {
      embeddings[slot] = unitVector(state, dimensions);
    };
    const cost = await this.#runner.run([{ documents, encode }], { ...run, onOutput });
    open.cost = cost;
    return {
      embeddings,
      truncated: Array.from(cost.truncated, (cut) => cut === 1),
      usage: cost.usage,
    };
  }
}

/** What a call asks for. */
interface Embedding {
  readonly prompt: string;
  readonly dimensions: number | undefined;
  readonly run: TokenRunOptions;
}
