import type { TracingChannel } from 'node:diagnostics_channel';
import { RerankitError } from '../errors.ts';
import type { TraceEnd, TraceError } from './messages.ts';

/**
 * Does `work` and tells the channel of it, in the order of `TracingChannel.tracePromise`: `start`, `end` when `work` has
 * returned its promise, `error` if that rejects, `asyncStart` and `asyncEnd`. Without subscribers it is only `work`.
 *
 * Not `tracePromise` itself, as that publishes results and errors, which hold texts of the caller.
 *
 * @param work Rejects, but never throws.
 * @param finish Adds to the message what the result tells.
 */
export function trace<Message extends TraceEnd, Result>(
  channel: TracingChannel<unknown, Message>,
  begin: () => Message,
  work: () => Promise<Result>,
  finish: (message: Message, result: Result) => void,
): Promise<Result> {
  if (!channel.hasSubscribers) return work();
  const message = begin();
  const started = performance.now();
  const close = (): void => {
    message.milliseconds = performance.now() - started;
    if (message.error !== undefined) channel.error.publish(message);
    channel.asyncStart.publish(message);
    channel.asyncEnd.publish(message);
  };
  return channel.start.runStores(message, () => {
    const working = work().then(
      (result) => {
        finish(message, result);
        close();
        return result;
      },
      (error: unknown) => {
        message.error = traceErrorOf(error);
        close();
        throw error;
      },
    );
    channel.end.publish(message);
    return working;
  });
}

/** What may be told of an error. */
export function traceErrorOf(error: unknown): TraceError {
  if (RerankitError.isInstance(error)) return { name: error.name, code: error.code };
  return { name: error instanceof Error ? error.name : typeof error, code: undefined };
}
