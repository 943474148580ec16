import { DEVICES, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { canRun, DTYPES, isHalf } from './engine/onnx/dtype.ts';
import type { ConnectOptions } from './engine/remote/connect-options.ts';
import { PROTOCOLS } from './engine/remote/protocols.ts';
import type { EngineInfo, RerankerEngine } from './engine/reranker-engine.ts';
import { RerankitError, show } from './errors.ts';
import { PACKED_FORMS } from './graph/packed-matrices.ts';
import type { HubOptions } from './model/resolve-options.ts';
import {
  boolean,
  callback,
  finite,
  fraction,
  integer,
  oneOf,
  type Rules,
  read,
  signal,
  string,
} from './option-rules.ts';
import type { CompileOptions, EngineOptions, LoadOptions, RerankOptions, ScoreOptions } from './types.ts';

const HUB_RULES: Rules<HubOptions> = {
  revision: string,
  cacheDir: string,
  token: string,
  endpoint: string,
  offline: boolean,
  fetch: callback,
};

const LOAD_RULES: Rules<LoadOptions> = {
  device: oneOf(['auto', ...DEVICES]),
  deviceId: integer(0, 1023),
  devices: {
    expected: 'a list of integers from 0 to 1023',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(integer(0, 1023).accepts),
  },
  cudaLibraryDir: string,
  dtype: oneOf(['auto', ...DTYPES]),
  onnxFile: string,
  compiledDir: string,
  compiledMaxBytes: integer(0),
  threads: integer(1, 1024),
  instruction: string,
  maxLength: integer(64),
  tokenBudget: integer(1),
  attentionBudgetBytes: integer(1_000_000),
  maxQueuedDocuments: integer(1),
  ...HUB_RULES,
  onProgress: callback,
  signal,
};

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

const COMPILE_RULES: Rules<CompileOptions> = {
  dtype: oneOf(PACKED_FORMS),
  ...HUB_RULES,
  onProgress: callback,
  signal,
};

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
  const { device = 'auto', deviceId = 0, dtype = 'auto' } = own;
  if (deviceId !== 0 && device !== 'auto' && !NUMBERED_DEVICES.includes(device)) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option deviceId of Reranker.load is ${deviceId}, but ${show(device)} is not numbered; ` +
        `it goes with ${NUMBERED_DEVICES.join(' and ')}.`,
    );
  }
  if (own.devices !== undefined && device !== 'cuda') {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option devices of Reranker.load goes with device 'cuda', not ${show(device)}.`,
    );
  }
  if (own.onnxFile !== undefined && dtype !== 'auto') {
    throw new RerankitError(
      'INVALID_OPTION',
      `The options onnxFile and dtype of Reranker.load exclude each other: the file ${show(own.onnxFile)} has a type of its own.`,
    );
  }
  if (device !== 'auto' && dtype !== 'auto' && !canRun(device, dtype)) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option dtype of Reranker.load is '${dtype}', which does not run on device '${device}': use device: '${isHalf(dtype) ? 'cuda' : 'cpu'}', or dtype: 'fp32'.`,
    );
  }
  return own.devices === undefined ? own : { ...own, devices: [...own.devices] };
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
