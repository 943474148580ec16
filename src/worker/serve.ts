import { parentPort, workerData } from 'node:worker_threads';
import { NativeGuard } from './native-guard.ts';
import {
  type FromWorkerMessage,
  type Methods,
  type RequestMessage,
  type ToWorkerMessage,
  toWire,
  type WorkerStart,
} from './protocol.ts';

/** What a handler gets besides its request. */
export interface HandlerContext<Progress> {
  readonly guard: NativeGuard;
  /** Aborted when the caller does not want the answer any more. Reaches a handler only while it awaits something. */
  readonly signal: AbortSignal;
  readonly report: (progress: Progress) => void;
}

/** Answers one method's requests. */
export type Handlers<M extends Methods<M>> = {
  readonly [Name in keyof M]: (
    request: M[Name]['request'],
    context: HandlerContext<M[Name]['progress']>,
  ) => Promise<M[Name]['response']>;
};

/** The worker's side: answers each request, one at a time and in order. */
export function serve<M extends Methods<M>>(handlers: Handlers<M>): void {
  const port = parentPort;
  if (port === null) throw new Error('This file is the inside of a worker thread; it is not for importing.');
  const guard = new NativeGuard((workerData as WorkerStart).guard);
  const open = new Map<number, AbortController>();
  let queue = Promise.resolve();
  const send = (message: FromWorkerMessage): void => port.postMessage(message);

  const answer = async ({ id, method, request }: RequestMessage, signal: AbortSignal): Promise<void> => {
    try {
      const handler = Object.hasOwn(handlers, method) ? handlers[method as keyof M] : undefined;
      if (handler === undefined) throw new Error(`This worker has no method ${method}.`);
      signal.throwIfAborted();
      const report = (progress: unknown) => send({ kind: 'progress', id, progress });
      send({ kind: 'response', id, response: await handler(request, { guard, signal, report }) });
    } catch (error) {
      send({ kind: 'error', id, error: toWire(error) });
    } finally {
      open.delete(id);
    }
  };
  port.on('message', (message: ToWorkerMessage) => {
    if (message.kind === 'abort') {
      open.get(message.id)?.abort();
      return;
    }
    const controller = new AbortController();
    open.set(message.id, controller);
    queue = queue.then(() => answer(message, controller.signal));
  });
}
