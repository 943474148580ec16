import type { Device, RefusedDevice } from './engine/onnx/device.ts';
import type { Dtype } from './engine/onnx/dtype.ts';
import type { RemoteInfo } from './engine/remote/connect-options.ts';
import type { LoadedAdapter, LoraAdapter } from './model/lora/adapter.ts';
import type { ModelKind } from './model/onnx/export-config.ts';
import type { OnLoadProgress } from './model/progress.ts';
import type { HubOptions } from './model/resolve-options.ts';

export type { Dtype } from './engine/onnx/dtype.ts';

/** How to load a model. */
export interface LoadOptions extends HubOptions {
  /**
   * Where to run. `'auto'` tries CUDA, then the CPU; `info.refusedDevices` tells what it passed over and why. Any other
   * value is used or refused with `DEVICE_UNAVAILABLE`.
   * @default 'auto'
   */
  readonly device?: Device | 'auto' | undefined;
  /** Which of several devices; for `'cuda'` and `'dml'`. @default 0 */
  readonly deviceId?: number | undefined;
  /**
   * Several GPUs, for `device: 'cuda'`: each gets the whole model and a part of every micro-batch.
   * @default the one of `deviceId`
   */
  readonly devices?: readonly number[] | undefined;
  /**
   * Numeric type of the linear layers, whatever type the weights are stored in: `'fp32'` (the reference), `'int8'`
   * (8-bit weights and activations: fastest on a CPU, a quarter of the memory) or `'int4'` (4-bit weights in blocks:
   * least memory, less exact). `'auto'` takes int8 on a CPU with exact 8-bit products, int4 where memory is too short for
   * that, on CUDA the 16-bit type the weights are stored in (`'bf16'` for others; int4 where the GPU's memory is too short
   * for 16 bits, or the weights are stored in it), and fp32 for small models and other devices; `info.dtypeReason` says
   * why. int8 runs on the CPU only, int4 on the CPU and CUDA, `'bf16'` and `'fp16'` on CUDA only.
   * @default 'auto'
   */
  readonly dtype?: Dtype | 'auto' | undefined;
  /**
   * A folder with ONNX Runtime's CUDA libraries, and CUDA's own if they are not installed: what
   * `pip install --target FOLDER "onnxruntime-gpu[cuda,cudnn]"` makes, or any other. Several are separated as in PATH.
   * @default the environment variable RERANKIT_ORT_CUDA_DIR
   */
  readonly cudaLibraryDir?: string | undefined;
  /**
   * Path inside the model of the ONNX export to load, such as `'onnx/model_quantized.onnx'`. Goes without `dtype`.
   * @default safetensors where the model is a Qwen3-Reranker and has them, else the export that goes with `dtype`
   */
  readonly onnxFile?: string | undefined;
  /**
   * LoRA adapters to merge into the weights, in this order; their changes add up. The merged weights are kept with the
   * compiled models. See docs/lora.md.
   * @default none
   */
  readonly adapters?: readonly LoraAdapter[] | undefined;
  /** CPU threads of a run. @default all that this process may use */
  readonly threads?: number | undefined;
  /** Instruction of calls that give none. @default "Given a web search query, retrieve relevant passages that answer the query" */
  readonly instruction?: string | undefined;
  /**
   * Longest prompt (template, instruction, query and document) in tokens; longer documents lose their tail. From 64 to
   * the model's own limit.
   * @default 8192, or the model's own limit if that is less
   */
  readonly maxLength?: number | undefined;
  /**
   * Most tokens of a micro-batch; a longer document runs alone. Larger micro-batches compute shared prefixes less often,
   * take more memory, and keep other calls waiting longer.
   * @default 2048; on CUDA up to 16384, by the memory that is free
   */
  readonly tokenBudget?: number | undefined;
  /** Most bytes of attention scores at a time, at least 1 MB. @default 134217728 (128 MiB) */
  readonly attentionBudgetBytes?: number | undefined;
  /** Most documents in the queue, over all calls; a call beyond it is refused with `QUEUE_FULL`. @default 100000 */
  readonly maxQueuedDocuments?: number | undefined;
  /**
   * Folder of compiled models: weights in int8 or int4, ready to be mapped into memory, written at the first load.
   * @default RERANKIT_CACHE, else `rerankit` in the user's cache folder
   */
  readonly compiledDir?: string | undefined;
  /** Most bytes that compiled models may take together; the least recently used go first. @default 20,000,000,000 */
  readonly compiledMaxBytes?: number | undefined;
  /** Told how loading goes. What it throws rejects the load; it is not awaited. */
  readonly onProgress?: OnLoadProgress | undefined;
  /** Gives up loading: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What of {@link LoadOptions} goes with every network that runs from safetensors. */
export type NetworkOptions = Omit<LoadOptions, 'onnxFile' | 'adapters' | 'instruction'>;

/** How to use an engine of your own. */
export interface EngineOptions {
  /** Most requests under way at a time. @default 1 */
  readonly concurrency?: number | undefined;
  /** Most documents of a request; calls with more are split. @default 256 */
  readonly batchSize?: number | undefined;
  /** Most documents in the queue, over all calls; a call beyond it is refused with `QUEUE_FULL`. @default 100000 */
  readonly maxQueuedDocuments?: number | undefined;
  /** Instruction of calls that give none. @default none: what the engine takes by default */
  readonly instruction?: string | undefined;
  /**
   * Counts the tokens of a text, so that calls may have `longDocuments`. It is called many times for each document, in the
   * caller's thread. Windows are yours to choose: nothing is known of the prompt around a passage.
   * @default none: `longDocuments` is refused
   */
  readonly countTokens?: ((text: string) => number) | undefined;
}

/** How to write a smaller copy of a model. */
export interface CompileOptions extends HubOptions {
  /** Numeric type of the linear layers' weights. @default 'int8' */
  readonly dtype?: 'int8' | 'int4' | undefined;
  /** LoRA adapters to merge into the copy, as in `LoadOptions`. @default none */
  readonly adapters?: readonly LoraAdapter[] | undefined;
  /** Told how it goes. What it throws rejects the call; it is not awaited. */
  readonly onProgress?: OnLoadProgress | undefined;
  /** Gives up: rejects with the signal's reason, and leaves nothing. */
  readonly signal?: AbortSignal | undefined;
}

/** What `compile` wrote. */
export interface CompileResult {
  /** Absolute path, to be given to `Reranker.load`. */
  readonly folder: string;
  readonly dtype: 'int8' | 'int4';
  /** Bytes of the weights. */
  readonly weightBytes: number;
}

/** How to rank. */
export interface RerankOptions<D> extends ScoreOptions {
  /** What makes a document relevant, in a sentence. English works best, for other languages too. @default that of `load` */
  readonly instruction?: string | undefined;
  /** Return only the best so many, at least 1. @default all */
  readonly topN?: number | undefined;
  /** Return only results with at least this score, 0 to 1. @default 0 */
  readonly minScore?: number | undefined;
  /**
   * What becomes of documents that are longer than fits: `'truncate'` drops their tail; otherwise every document is
   * scored in passages, and its result has the best one. Refused for servers, and for engines of your own without
   * `countTokens`: their tokens are not known here.
   * @default 'truncate'
   */
  readonly longDocuments?: 'truncate' | LongDocuments | undefined;
  /** The text of a document. Needed where documents are not strings. */
  readonly text?: ((document: D, index: number) => string) | undefined;
}

/** How to score documents in passages. */
export interface LongDocuments {
  /**
   * Most tokens of a passage, at least 32; never more than fit into `maxLength` with instruction and query. A document of
   * no more tokens is scored whole.
   * @default 512
   */
  readonly window?: number | undefined;
  /** About so many tokens at the end of a passage, less than half of `window`, are at the beginning of the next one too. @default an eighth of `window` */
  readonly overlap?: number | undefined;
  /**
   * What a document's logit is of those of its passages: the largest, their mean, or the first, where the others are not
   * scored at all.
   * @default 'max'
   */
  readonly combine?: 'max' | 'mean' | 'first' | undefined;
}

/** How to run a call. */
export interface ScoreOptions {
  /** Takes the call out of the queue: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Calls of higher priority go first. Any finite number. @default 0 */
  readonly priority?: number | undefined;
  /** Told after each run that scored documents of the call. What it throws rejects the call; it is not awaited. */
  readonly onProgress?: ((progress: ScoreProgress) => void) | undefined;
}

/** How far a call is. */
export interface ScoreProgress {
  /** Documents that have been scored; passages of documents where the call asked for `longDocuments`. */
  readonly scored: number;
  /** Documents, or passages, of the call. */
  readonly total: number;
}

/** How to rank documents that are not strings. */
export interface RerankObjectsOptions<D> extends RerankOptions<D> {
  readonly text: (document: D, index: number) => string;
}

/** A query and one document. */
export interface Pair {
  readonly query: string;
  readonly document: string;
  /** @default that of `load` */
  readonly instruction?: string | undefined;
}

/** How relevant a document is. */
export interface Score {
  /** Probability of relevance, 0 to 1: the sigmoid of `logit`. */
  readonly score: number;
  /** `logit(yes) - logit(no)`: unbounded, and finer than `score` near 0 and 1. */
  readonly logit: number;
  /** Whether the document was too long and lost its tail. */
  readonly truncated: boolean;
}

/** A passage of a document's text, `text.slice(start, end)`, and how relevant it is. */
export interface ScoredPassage {
  /** In UTF-16 units, as all positions in strings. */
  readonly start: number;
  readonly end: number;
  /** See {@link Score}. */
  readonly score: number;
  readonly logit: number;
}

/** One ranked document. */
export interface RerankResult<D> extends Score {
  /** The document's place in the call. */
  readonly index: number;
  /** The caller's own object. */
  readonly document: D;
  /** The best passage, if the option `longDocuments` asked for passages. */
  readonly passage?: ScoredPassage | undefined;
}

/** What a call cost. */
export interface Usage {
  /** Tokens of all the call's prompts, as a server without prefix sharing would count them. */
  readonly promptTokens: number;
  /** Tokens that were computed for this call. */
  readonly computedTokens: number;
  /** The difference: tokens that the shared prefix saved. */
  readonly savedTokens: number;
}

/** What `rerank` gives. */
export interface RerankResponse<D> {
  /** Best first; equal scores keep the order of the input. */
  readonly results: RerankResult<D>[];
  readonly usage: Usage;
}

/** What `score` gives. */
export interface ScoreResponse {
  /** One a pair, in the order of the input. */
  readonly scores: Score[];
  readonly usage: Usage;
}

/** What a reranker, or an embedder, is doing and has done. */
export interface RerankerStats {
  /** Documents of open calls that have no score yet. */
  readonly queuedDocuments: number;
  /** Tokens of documents that are encoded and wait for a run; 0 where an engine from outside encodes. */
  readonly queuedTokens: number;
  readonly openCalls: number;
  /** Whether a run is under way. */
  readonly running: boolean;
  /** Since the model was loaded. */
  readonly total: RerankerTotals;
}

/** What a reranker, or an embedder, has done. */
export interface RerankerTotals {
  /** Calls that have ended, in any way. */
  readonly calls: number;
  /** Of these, calls that were rejected, those aborted aside. */
  readonly failures: number;
  /** Of these, calls that were rejected with the reason of their signal. */
  readonly aborts: number;
  /** Documents of calls that succeeded. */
  readonly documents: number;
  /** Tokens of the prompts of calls that succeeded: see {@link Usage}. */
  readonly promptTokens: number;
  /** Tokens computed for calls that succeeded. */
  readonly computedTokens: number;
  /** Runs that have ended, in any way: micro-batches, or requests to an engine from outside. */
  readonly runs: number;
  /** Time spent in runs; those that overlap count each. */
  readonly runMilliseconds: number;
}

/** What was loaded, and where it runs. What only an engine of another process or of your own knows is `undefined`. */
export interface RerankerInfo {
  /** The model's name: `embedded`, a directory, the Hub's `owner/name`, or what the engine calls it. */
  readonly model: string;
  /** Where it came from. */
  readonly source: 'embedded' | 'directory' | 'hub' | 'engine' | 'remote';
  /**
   * What the model is: `'qwen3'` answers a prompt that has an instruction, `'cross-encoder'` scores query and document and
   * knows no instructions. `undefined` for engines of your own.
   */
  readonly kind?: ModelKind | undefined;
  /** The ONNX export that was loaded, as a path inside the model; `undefined` for other weights. */
  readonly onnxFile?: string | undefined;
  /** LoRA adapters in the weights, in the order in which they were given; `undefined` for engines of your own and servers. */
  readonly adapters?: readonly LoadedAdapter[] | undefined;
  /** The commit, for models of the Hub. */
  readonly revision: string | undefined;
  readonly dtype: Dtype | undefined;
  /** Why that type. */
  readonly dtypeReason: string;
  readonly device: Device | undefined;
  /** Which of several devices of that kind; the first of {@link deviceIds}. */
  readonly deviceId: number;
  /** All devices that share the work. */
  readonly deviceIds: readonly number[];
  /** CPU threads of a run. */
  readonly threads: number | undefined;
  /** Devices that were tried before, and why they were refused. */
  readonly refusedDevices: readonly RefusedDevice[];
  /** Instruction of calls that give none; `undefined` where the model knows none, or has one of its own elsewhere. */
  readonly instruction?: string | undefined;
  /** The longest prompt the model knows, in tokens. */
  readonly contextLength: number | undefined;
  /** The longest prompt that is run, in tokens. */
  readonly maxLength: number | undefined;
  /** The server, for `Reranker.connect`. */
  readonly remote?: RemoteInfo | undefined;
}

/** The info of a model that runs in this process. */
export type LocalInfo = RerankerInfo & NetworkInfo;

/** A network that runs in this process, and where. */
export interface NetworkInfo {
  /** The model's name: `embedded`, a directory, or the Hub's `owner/name`. */
  readonly model: string;
  /** Where it came from. */
  readonly source: 'embedded' | 'directory' | 'hub';
  /** The commit, for models of the Hub. */
  readonly revision: string | undefined;
  readonly dtype: Dtype;
  /** Why that type. */
  readonly dtypeReason: string;
  readonly device: Device;
  /** Which of several devices of that kind; the first of {@link deviceIds}. */
  readonly deviceId: number;
  /** All devices that share the work. */
  readonly deviceIds: readonly number[];
  /** CPU threads of a run. */
  readonly threads: number;
  /** Devices that were tried before, and why they were refused. */
  readonly refusedDevices: readonly RefusedDevice[];
  /** The longest prompt the model knows, in tokens. */
  readonly contextLength: number;
  /** The longest prompt that is run, in tokens. */
  readonly maxLength: number;
}
