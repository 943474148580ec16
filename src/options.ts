import { DEVICES, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { canRun, DTYPES, isHalf } from './engine/onnx/dtype.ts';
import type { RerankerEngine } from './engine/reranker-engine.ts';
import { RerankitError, show } from './errors.ts';
import { PACKED_FORMS } from './graph/packed-matrices.ts';
import type { HubOptions } from './model/resolve-options.ts';
import type { CompileOptions, EngineOptions, LoadOptions, RerankOptions, ScoreOptions } from './types.ts';

/** A kind of value: what it is called in an error, and what belongs to it. */
interface Kind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** The kind of each option of a call; the type sees to it that none is forgotten. */
type Rules<Options> = { readonly [Name in keyof Required<Options>]: Kind };

const string: Kind = { expected: 'a string', accepts: (value) => typeof value === 'string' };
const boolean: Kind = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const callback: Kind = { expected: 'a function', accepts: (value) => typeof value === 'function' };
const finite: Kind = { expected: 'a finite number', accepts: Number.isFinite };
const signal: Kind = { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal };

function oneOf(values: readonly string[]): Kind {
  return {
    expected: `one of ${values.map((value) => `'${value}'`).join(', ')}`,
    accepts: (value) => values.includes(value as string),
  };
}

function integer(least: number, most = Number.MAX_SAFE_INTEGER): Kind {
  return {
    expected:
      most === Number.MAX_SAFE_INTEGER ? `an integer, at least ${least}` : `an integer from ${least} to ${most}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  };
}

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
  minScore: {
    expected: 'a number from 0 to 1',
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  text: callback,
};

/**
 * The options of `Reranker.load`, each read once and checked, in an object of our own: what the caller's object holds
 * later, or on a second look, has no effect. Throws `INVALID_OPTION` for the first that is unknown or has a wrong value.
 */
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

/** Throws `INVALID_OPTION` unless it is an engine. */
export function readEngine(engine: RerankerEngine): RerankerEngine {
  if (typeof engine === 'object' && engine !== null && typeof engine.score === 'function') return engine;
  throw new RerankitError(
    'INVALID_OPTION',
    `The engine of Reranker.fromEngine must be an object with a function score, not ${show(engine)}.`,
  );
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

function read<Options extends object>(call: string, rules: Rules<Options>, options: Options): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new RerankitError('INVALID_OPTION', `The options of ${call} must be an object, not ${show(options)}.`);
  }
  const known: Readonly<Record<string, Kind>> = rules;
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new RerankitError(
      'INVALID_OPTION',
      `${call} has no option ${show(name)}; its options are ${Object.keys(known).join(', ')}.`,
    );
  }
  const own: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(known)) {
    // By name, and not by enumeration: an option may be inherited.
    const value: unknown = Reflect.get(options, name);
    if (value === undefined) continue;
    if (!kind.accepts(value)) {
      throw new RerankitError(
        'INVALID_OPTION',
        `The option ${name} of ${call} must be ${kind.expected}, not ${show(value)}.`,
      );
    }
    own[name] = value;
  }
  // Every value has passed the rule of its name.
  return own as Options;
}
