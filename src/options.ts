import type { ConnectOptions } from './engine/remote/connect-options.ts';
import { PROTOCOLS } from './engine/remote/protocols.ts';
import type { EngineInfo, RerankerEngine } from './engine/reranker-engine.ts';
import { RerankitError, show } from './errors.ts';
import type { LoraAdapter } from './model/lora/adapter.ts';
import { COMPILE_RULES, checkNetworkOptions, NETWORK_RULES } from './network-options.ts';
import {
  callback,
  finite,
  fraction,
  integer,
  type Kind,
  number,
  oneOf,
  type Rules,
  read,
  signal,
  string,
} from './option-rules.ts';
import type {
  CompileOptions,
  EngineOptions,
  LoadOptions,
  LongDocuments,
  RerankOptions,
  ScoreOptions,
} from './types.ts';

/** A list; what is in it is looked at by {@link withOwnAdapters}. */
const adapters: Kind = { expected: 'a list of { path, scale }', accepts: Array.isArray };

const ADAPTER_RULES: Rules<LoraAdapter> = { path: string, scale: number(-10, 10) };

const LOAD_RULES: Rules<LoadOptions> = { ...NETWORK_RULES, onnxFile: string, adapters, instruction: string };

const ENGINE_RULES: Rules<EngineOptions> = {
  concurrency: integer(1, 1024),
  batchSize: integer(1),
  maxQueuedDocuments: integer(1),
  instruction: string,
  countTokens: callback,
};

type EngineFacts = Partial<EngineInfo>;

const INFO_RULES: Rules<EngineFacts> = { model: string, maxLength: integer(1) };

const CONNECT_RULES: Rules<ConnectOptions> = {
  protocol: oneOf(PROTOCOLS),
  model: string,
  apiKey: {
    expected: 'a string of printable ASCII characters without spaces',
    accepts: (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
    secret: true,
  },
  headers: { expected: 'an object of header names and values', accepts: isHeaders, secret: true },
  timeout: integer(1, 2 ** 31 - 1),
  retries: integer(0, 100),
  ...ENGINE_RULES,
  prompt: oneOf(['auto', 'server']),
  maxLength: integer(64),
  fetch: callback,
  signal,
};

function isHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !Object.values(value).every(string.accepts)) return false;
  try {
    new Headers(value as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

const SCORE_RULES: Rules<ScoreOptions> = { signal, priority: finite, onProgress: callback };

const longDocuments: Kind = {
  expected: "'truncate' or { window, overlap, combine }",
  accepts: (value) => value === 'truncate' || (typeof value === 'object' && value !== null),
};

const LONG_RULES: Rules<LongDocuments> = {
  window: integer(32),
  overlap: integer(0),
  combine: oneOf(['max', 'mean', 'first']),
};

const DEFAULT_WINDOW = 512;

const RERANK_RULES: Rules<RerankOptions<unknown>> = {
  ...SCORE_RULES,
  instruction: string,
  topN: integer(1),
  minScore: fraction,
  longDocuments,
  text: callback,
};

/** The options of `Reranker.load`, read once and checked. Throws `INVALID_OPTION`. */
export function readLoadOptions(options: LoadOptions): LoadOptions {
  const own = read('Reranker.load', LOAD_RULES, options);
  if (own.onnxFile !== undefined && (own.dtype ?? 'auto') !== 'auto') {
    throw new RerankitError(
      'INVALID_OPTION',
      `The options onnxFile and dtype of Reranker.load exclude each other: the file ${show(own.onnxFile)} has a type of its own.`,
    );
  }
  if (own.onnxFile !== undefined && own.adapters !== undefined && own.adapters.length > 0) {
    throw new RerankitError(
      'INVALID_OPTION',
      'The options onnxFile and adapters of Reranker.load exclude each other: adapters go with safetensors.',
    );
  }
  return checkNetworkOptions('Reranker.load', withOwnAdapters('Reranker.load', own));
}

/** The same for `Reranker.fromEngine`. */
export function readEngineOptions(options: EngineOptions): EngineOptions {
  return read('Reranker.fromEngine', ENGINE_RULES, options);
}

/** The same for `Reranker.connect`. */
export function readConnectOptions(options: ConnectOptions): ConnectOptions {
  const own = read('Reranker.connect', CONNECT_RULES, options);
  const { protocol, apiKey, headers = {} } = own;
  if (protocol === undefined) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option protocol of Reranker.connect is missing; it is ${CONNECT_RULES.protocol.expected}.`,
    );
  }
  if (apiKey !== undefined && new Headers(headers).has('authorization')) {
    throw new RerankitError(
      'INVALID_OPTION',
      'The options apiKey and headers of Reranker.connect both say who asks: give apiKey, or the header authorization.',
    );
  }
  return { ...own, headers: { ...headers } };
}

/** Throws `INVALID_OPTION` unless it is an engine. */
export function readEngine(engine: RerankerEngine): { readonly engine: RerankerEngine; readonly info: EngineFacts } {
  if (typeof engine !== 'object' || engine === null || typeof engine.score !== 'function') {
    throw new RerankitError(
      'INVALID_OPTION',
      `The engine of Reranker.fromEngine must be an object with a function score, not ${show(engine)}.`,
    );
  }
  if (engine.dispose !== undefined && !callback.accepts(engine.dispose)) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The dispose of Reranker.fromEngine's engine must be a function, not ${show(engine.dispose)}.`,
    );
  }
  return { engine, info: read("the info of Reranker.fromEngine's engine", INFO_RULES, engine.info ?? {}) };
}

/** The same for `compile`. */
export function readCompileOptions(options: CompileOptions): CompileOptions {
  return withOwnAdapters('compile', read('compile', { ...COMPILE_RULES, adapters }, options));
}

/** The options with the adapters in a list of our own, each checked. */
function withOwnAdapters<Options extends { readonly adapters?: readonly LoraAdapter[] | undefined }>(
  call: string,
  options: Options,
): Options {
  if (options.adapters === undefined) return options;
  const list = Array.from(options.adapters, (adapter, index) => {
    const own = read(`adapters[${index}] of ${call}`, ADAPTER_RULES, adapter);
    if (own.path) return own;
    throw new RerankitError('INVALID_OPTION', `adapters[${index}] of ${call} has no path: name the adapter's folder.`);
  });
  return { ...options, adapters: list };
}

/** The same for `rerank`. */
export function readRerankOptions<D>(options: RerankOptions<D>): ReadRerankOptions<D> {
  const { longDocuments: asked = 'truncate', ...own } = read<RerankOptions<D>>('rerank', RERANK_RULES, options);
  return asked === 'truncate' ? own : { ...own, longDocuments: readLongDocuments(asked) };
}

/** The options of `rerank` with what they leave out of `longDocuments`; without it documents are truncated. */
export interface ReadRerankOptions<D> extends RerankOptions<D> {
  readonly longDocuments?: { readonly [Name in keyof LongDocuments]-?: NonNullable<LongDocuments[Name]> };
}

function readLongDocuments(options: LongDocuments): NonNullable<ReadRerankOptions<never>['longDocuments']> {
  const own = read('longDocuments of rerank', LONG_RULES, options);
  const { window = DEFAULT_WINDOW, overlap = Math.floor(window / 8), combine = 'max' } = own;
  if (2 * overlap < window) return { window, overlap, combine };
  throw new RerankitError(
    'INVALID_OPTION',
    `The option overlap of longDocuments of rerank is ${overlap}; it must be less than half of the window, ${window}.`,
  );
}

/** The same for `score`. */
export function readScoreOptions(options: ScoreOptions): ScoreOptions {
  return read('score', SCORE_RULES, options);
}
