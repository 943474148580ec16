import { RerankitError } from '../errors.ts';
import type { ServiceState } from './lifecycle.ts';

/** A line of the log. Neither queries, documents, instructions nor keys are ever in one. */
export type LogEntry = RequestLog | StateLog;

/** A request that has been answered. */
export interface RequestLog {
  readonly event: 'request';
  /** ISO 8601. */
  readonly time: string;
  /** `error` for what the server got wrong, `warn` for other refusals. */
  readonly level: 'info' | 'warn' | 'error';
  /** The answer's `x-request-id`. */
  readonly id: string;
  readonly method: string;
  /** The endpoint; `undefined` where there is none at that path, which may hold anything. */
  readonly path: string | undefined;
  /** What the request spoke, once that was known. */
  readonly protocol: string | undefined;
  /** 499 where the client hung up. */
  readonly status: number;
  readonly milliseconds: number;
  /** Documents, or pairs, of a request that was understood. */
  readonly documents: number | undefined;
  /** Tokens of the prompts of a request that succeeded. */
  readonly promptTokens: number | undefined;
  readonly error: LoggedError | undefined;
}

/** The service has come to another state. */
export interface StateLog {
  readonly event: 'state';
  readonly time: string;
  readonly level: 'info' | 'error';
  readonly state: ServiceState;
  readonly error: LoggedError | undefined;
}

/** What is logged of an error. Messages may quote texts, so they are left out where they can. */
export interface LoggedError {
  readonly name: string;
  /** The library's code, or the system's. */
  readonly code: string | undefined;
  /** Of the engine of this process, and of loading. */
  readonly message?: string | undefined;
  /** Where an unexpected error came from. */
  readonly stack?: readonly string[] | undefined;
}

/**
 * An error without what may be of a request.
 * @param local whether a model of this process ranks: what its engine says is of shapes and memory, not of texts
 */
export function loggedError(error: unknown, local = false): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, code: undefined };
  const { name, message } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (RerankitError.isInstance(error))
    return local && code?.startsWith('ENGINE_') ? { name, code, message } : { name, code };
  const frames = error.stack?.split('\n').filter((line) => /^ +at /.test(line)) ?? [];
  return { name, code, stack: frames.slice(0, 8).map((line) => line.trim()) };
}

/** An error of loading, in which there are no texts of anybody. */
export function loadError(error: unknown): LoggedError {
  return { ...loggedError(error), message: error instanceof Error ? error.message : String(error) };
}
