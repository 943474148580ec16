import type { ConnectOptions } from './engine/remote/connect-options.ts';
import { PROTOCOLS } from './engine/remote/protocols.ts';
import type { EngineInfo, RerankerEngine } from './engine/reranker-engine.ts';
import { RerankitError, show } from './errors.ts';
import { COMPILE_RULES, checkNetworkOptions, NETWORK_RULES } from './network-options.ts';
import { callback, finite, fraction, integer, oneOf, type Rules, read, signal, string } from './option-rules.ts';
import type { CompileOptions, EngineOptions, LoadOptions, RerankOptions, ScoreOptions } from './types.ts';

const LOAD_RULES: Rules<LoadOptions> = { ...NETWORK_RULES, onnxFile: string, instruction: string };

const ENGINE_RULES: Rules<EngineOptions> = {
  concurrency: integer(1, 1024),
  batchSize: integer(1),
  maxQueuedDocuments: integer(1),
  instruction: string,
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

const RERANK_RULES: Rules<RerankOptions<unknown>> = {
  ...SCORE_RULES,
  instruction: string,
  topN: integer(1),
  minScore: fraction,
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
  return checkNetworkOptions('Reranker.load', own);
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
  return read('compile', COMPILE_RULES, options);
}

/** The same for `rerank`. */
export function readRerankOptions<D>(options: RerankOptions<D>): RerankOptions<D> {
  return read<RerankOptions<D>>('rerank', RERANK_RULES, options);
}

/** The same for `score`. */
export function readScoreOptions(options: ScoreOptions): ScoreOptions {
  return read('score', SCORE_RULES, options);
}
