import { parentPort, workerData } from 'node:worker_threads';
import { NativeGuard } from './native-guard.ts';
import { type Methods, type RequestMessage, type ResponseMessage, toWire, type WorkerStart } from './protocol.ts';

/** Answers one method's requests. */
export type Handlers<M extends Methods<M>> = {
  readonly [Name in keyof M]: (request: M[Name]['request'], guard: NativeGuard) => Promise<M[Name]['response']>;
};

/**
 * The worker's side: answers each request, one at a time and in order. */
export function serve<M extends Methods<M>>(handlers: Handlers<M>): void {
  const port = parentPort;
  if (port === null) throw new Error('This file is the inside of a worker thread; it is not for importing.');
  const guard = new NativeGuard((workerData as WorkerStart).guard);
  let queue = Promise.resolve();
  const answer = async ({ id, method, request }: RequestMessage): Promise<void> => {
    let message: ResponseMessage;
    try {
      const handler = Object.hasOwn(handlers, method) ? handlers[method as keyof M] : undefined;
      if (handler === undefined) throw new Error(`This worker has no method ${method}.`);
      message = { id, ok: true, response: await handler(request, guard) };
    } catch (error) {
      message = { id, ok: false, error: toWire(error) };
    }
    port.postMessage(message);
  };
  port.on('message', (message: RequestMessage) => {
    queue = queue.then(() => answer(message));
  });
}
