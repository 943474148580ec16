import { RerankitError, show } from '../errors.ts';
import { boolean, callback, type Rules, read, string } from '../option-rules.ts';
import type { Reranker } from '../reranker.ts';
import { type Limits, readLimits, type ServerLimits } from './limits.ts';
import type { LogEntry } from './log.ts';

/** What a service needs of a reranker: `Reranker` has it, and so has `createTestReranker`'s. */
export type ServedReranker = Pick<Reranker, 'info' | 'rerank' | 'score' | 'stats' | 'dispose'>;

/** How to serve. */
export interface HandlerOptions {
  /**
   * Names of the model that requests may use; the first is the one that answers tell. Others are refused with 404; a
   * request need not name a model at all.
   * @default the reranker's `info.model`; of a directory the last part
   */
  readonly modelNames?: readonly string[] | undefined;
  /** Keys of which requests must send one, as `authorization: Bearer KEY`. @default none: anybody may ask */
  readonly apiKeys?: readonly string[] | undefined;
  /** Origins whose pages may ask from a browser, such as `https://example.com`; `'*'` for all. @default none */
  readonly cors?: readonly string[] | '*' | undefined;
  /** Where the handler is mounted, if the framework leaves that in the URL: `/api/rerank`. @default none */
  readonly basePath?: string | undefined;
  /** Whether there is a web page to rank with at the root, for which nobody needs a key. @default false */
  readonly page?: boolean | undefined;
  readonly limits?: ServerLimits | undefined;
  /** Given the log, entry by entry. What it throws is dropped. @default none */
  readonly log?: ((entry: LogEntry) => void) | undefined;
}

/** Options that are all there. */
export interface Settings {
  readonly modelNames: readonly string[] | undefined;
  readonly apiKeys: readonly string[];
  readonly cors: readonly string[] | '*';
  /** Without a slash at the end. */
  readonly basePath: string;
  readonly page: boolean;
  readonly limits: Limits;
  readonly log: (entry: LogEntry) => void;
}

const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every(string.accepts);

const RULES: Rules<HandlerOptions> = {
  modelNames: {
    expected: 'a list of at least one name',
    accepts: (value) => isStrings(value) && value.length > 0 && !value.includes(''),
  },
  apiKeys: {
    expected: 'a list of keys, each of at least one character, all printable ASCII without spaces',
    accepts: (value) => isStrings(value) && value.every((key) => /^[\x21-\x7e]+$/.test(key)),
    secret: true,
  },
  cors: {
    expected: "'*' or a list of origins such as https://example.com",
    accepts: (value) => value === '*' || (isStrings(value) && value.every(isOrigin)),
  },
  basePath: {
    expected: 'a path that begins with a slash',
    accepts: (value) => typeof value === 'string' && /^\/[^?#]*$/.test(value),
  },
  page: boolean,
  limits: { expected: 'an object', accepts: (value) => typeof value === 'object' && value !== null },
  log: callback,
};

/** The options, checked and in full. Throws `INVALID_OPTION`. */
export function readHandlerOptions(options: HandlerOptions): Settings {
  const own = read('createHandler', RULES, options);
  const { log = () => {} } = own;
  return {
    modelNames: own.modelNames === undefined ? undefined : [...own.modelNames],
    apiKeys: [...(own.apiKeys ?? [])],
    cors: own.cors === '*' ? '*' : [...(own.cors ?? [])],
    basePath: (own.basePath ?? '').replace(/\/+$/, ''),
    page: own.page ?? false,
    limits: readLimits(own.limits),
    log: (entry) => {
      try {
        log(entry);
      } catch {
        // A request must not fail because its log does.
      }
    },
  };
}

/** Throws `INVALID_OPTION` unless it is a reranker, or a promise of one. */
export function checkReranker(reranker: unknown): void {
  if (reranker instanceof Promise) return;
  const methods = ['rerank', 'score', 'stats', 'dispose'];
  const has = (name: string): boolean =>
    typeof reranker === 'object' && reranker !== null && callback.accepts(Reflect.get(reranker, name));
  if (methods.every(has)) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The reranker of createHandler must be a Reranker or a promise of one, not ${show(reranker)}.`,
  );
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}
