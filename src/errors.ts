/**
 * Every way a call can fail. The set is closed: new codes appear only in minor versions, and are listed in the changelog.
 *
 * | code | meaning |
 * | --- | --- |
 * | `INVALID_OPTION` | an option has a wrong type or value |
 * | `INVALID_INPUT` | a query, document, pair or line of a data file is not what the call takes |
 * | `FILE_FAILED` | a file of an evaluation cannot be read or written |
 * | `RETRIEVAL_FAILED` | a source of candidates failed; its error is the `cause` |
 * | `PROMPT_TOO_LONG` | instruction and query leave no room for a document |
 * | `MODEL_NOT_FOUND` | no such directory, repository, revision or file |
 * | `MODEL_UNSUPPORTED` | a sound checkpoint of a kind this library does not run |
 * | `MODEL_INVALID` | a damaged checkpoint: truncated, mis-shaped, missing tensors, unreadable JSON |
 * | `DOWNLOAD_UNAUTHORIZED` | the Hub wants a token, or refuses the one it was given |
 * | `DOWNLOAD_FAILED` | the Hub could not be reached, or sent something other than what it announced |
 * | `CACHE_FAILED` | the cache folder cannot be read or written |
 * | `REMOTE_UNAUTHORIZED` | a server wants a key, or refuses the one it was given |
 * | `REMOTE_UNAVAILABLE` | a server could not be reached, was overloaded or took too long, after all tries |
 * | `REMOTE_FAILED` | a server refused a request, or answered what its protocol does not allow |
 * | `DEVICE_UNAVAILABLE` | the device that was asked for cannot be had on this machine |
 * | `QUEUE_FULL` | more documents are waiting than the limit allows |
 * | `ENGINE_FAILED` | the engine refused or failed a run; the next call may succeed |
 * | `ENGINE_CRASHED` | the engine's worker died; the next call gets a fresh one |
 * | `DISPOSED` | the reranker, or the embedder, was disposed |
 */
export const ERROR_CODES = [
  'INVALID_OPTION',
  'INVALID_INPUT',
  'FILE_FAILED',
  'RETRIEVAL_FAILED',
  'PROMPT_TOO_LONG',
  'MODEL_NOT_FOUND',
  'MODEL_UNSUPPORTED',
  'MODEL_INVALID',
  'DOWNLOAD_UNAUTHORIZED',
  'DOWNLOAD_FAILED',
  'CACHE_FAILED',
  'REMOTE_UNAUTHORIZED',
  'REMOTE_UNAVAILABLE',
  'REMOTE_FAILED',
  'DEVICE_UNAVAILABLE',
  'QUEUE_FULL',
  'ENGINE_FAILED',
  'ENGINE_CRASHED',
  'DISPOSED',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Marks errors of this library across module copies (ESM beside CommonJS, two installed versions). */
const MARK = Symbol.for('rerankit.error');

/** The only error class this library throws, apart from an `AbortSignal`'s own reason. */
export class RerankitError extends Error {
  override readonly name = 'RerankitError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Whether `value` is a {@link RerankitError}, of `code` if one is given; true for errors of another copy of the library too. */
  static isInstance(value: unknown, code?: ErrorCode): value is RerankitError {
    // By the mark alone: another realm, such as a test runner's, has another Error.
    if (typeof value !== 'object' || value === null || !(MARK in value) || !('code' in value)) return false;
    return code === undefined || value.code === code;
  }
}

/** Shows a value in an error message: short, quoted, with its type where the type says more. Never throws. */
export function show(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return 'an object'; // One that throws when it is looked at, such as a revoked proxy.
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return `${value}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name}` : 'an object';
}
