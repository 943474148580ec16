import { integer, type Rules, read } from '../option-rules.ts';

/** How much a request may ask for, and how many may be under way. */
export interface ServerLimits {
  /** Most bytes of a body; larger ones are answered with 413. @default 16777216 (16 MiB) */
  readonly bodyBytes?: number | undefined;
  /** Most documents of a request; more are answered with 422. @default 1000 */
  readonly documents?: number | undefined;
  /** Most characters (UTF-16 units) of a query or an instruction; longer ones are answered with 422. @default 32768 */
  readonly queryCharacters?: number | undefined;
  /** Most characters (UTF-16 units) of a document; longer ones are answered with 422. @default 1000000 */
  readonly documentCharacters?: number | undefined;
  /** Most requests that are read and scored at a time; they share runs of the model. @default 64 */
  readonly concurrentRequests?: number | undefined;
  /** Most requests that wait for that, unread; more are answered with 429. @default 256 */
  readonly waitingRequests?: number | undefined;
  /** Longest a request may take, waiting included, in milliseconds; then it is answered with 504. @default 60000 */
  readonly milliseconds?: number | undefined;
}

/** Limits that are all there. */
export type Limits = { readonly [Name in keyof ServerLimits]-?: number };

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 16 * 2 ** 20,
  documents: 1000,
  queryCharacters: 32_768,
  documentCharacters: 1_000_000,
  concurrentRequests: 64,
  waitingRequests: 256,
  milliseconds: 60_000,
};

const RULES: Rules<ServerLimits> = {
  bodyBytes: integer(1, 2 ** 29),
  documents: integer(1),
  queryCharacters: integer(1),
  documentCharacters: integer(1),
  concurrentRequests: integer(1, 10_000),
  waitingRequests: integer(0, 1_000_000),
  milliseconds: integer(1, 2 ** 31 - 1),
};

/** The limits, with defaults for those that were not given. Throws `INVALID_OPTION`. */
export function readLimits(limits: ServerLimits = {}): Limits {
  const given = Object.entries(read('createHandler (limits)', RULES, limits)).filter(
    ([, value]) => value !== undefined,
  );
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
