import { type ErrorCode, RerankitError } from '../errors.ts';

/** What a kind of worker can be asked: request, response and progress of each method, by name. */
export type Methods<M> = {
  readonly [Name in keyof M]: { readonly request: unknown; readonly response: unknown; readonly progress?: unknown };
};

/** Main thread to worker. */
export type ToWorkerMessage = RequestMessage | AbortMessage;

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: number;
  readonly method: string;
  readonly request: unknown;
}

/** The request's answer is not wanted any more. It is answered all the same. */
export interface AbortMessage {
  readonly kind: 'abort';
  readonly id: number;
}

/** Worker to main thread: any number of times `progress`, then exactly one answer, for each request. */
export type FromWorkerMessage =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly kind: 'response'; readonly id: number; readonly response: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError };

/** An error in a form that survives structured cloning with its code. */
export interface WireError {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

/** What every worker is started with. */
export interface WorkerStart {
  /** Two int32: see `NativeGuard`. */
  readonly guard: SharedArrayBuffer;
}

export function toWire(error: unknown): WireError {
  const code = RerankitError.isInstance(error) ? error.code : undefined;
  if (error instanceof Error) return { code, message: error.message, stack: error.stack };
  return { code, message: String(error), stack: undefined };
}

/** Errors without a code of ours come from the runtime behind the worker: `ENGINE_FAILED`. */
export function fromWire(wire: WireError): RerankitError {
  const cause = new Error(wire.message);
  if (wire.stack !== undefined) cause.stack = wire.stack;
  return new RerankitError(wire.code ?? 'ENGINE_FAILED', wire.message, { cause });
}
