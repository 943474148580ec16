import type { ErrorCode } from '../errors.ts';
import { RerankitError } from '../errors.ts';

export interface ProblemOptions {
  readonly code?: ErrorCode | undefined;
  /** Seconds after which the same request may succeed. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** Why a request is not answered with a ranking. Its message is for the client, and may quote what that sent. */
export class Problem extends Error {
  readonly status: number;
  readonly code: ErrorCode | undefined;
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, { code, retryAfter, cause }: ProblemOptions = {}) {
    super(message, { cause });
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** A request that is not what its protocol takes. */
export function invalid(message: string): Problem {
  return new Problem(422, message, { code: 'INVALID_INPUT' });
}

/** Status of the library's errors that are the client's to mend, or that pass. All others are this server's own. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_INPUT: 422,
  INVALID_OPTION: 422,
  PROMPT_TOO_LONG: 422,
  QUEUE_FULL: 429,
  ENGINE_CRASHED: 503,
  DISPOSED: 503,
  REMOTE_UNAVAILABLE: 503,
  REMOTE_UNAUTHORIZED: 502,
  REMOTE_FAILED: 502,
};

/** What a client is told of a failure. Of the server's own it learns the code alone. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!RerankitError.isInstance(error)) {
    return new Problem(500, 'The server failed to rank; its log tells more.', { cause: error });
  }
  const { code, message } = error;
  const status = STATUS[code] ?? 500;
  const theirs = status === 422 || status === 429;
  return new Problem(status, theirs ? message : `The server failed to rank (${code}); its log tells more.`, {
    code,
    retryAfter: status === 429 || status === 503 ? 1 : undefined,
    cause: error,
  });
}
