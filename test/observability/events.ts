import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';

export interface Event<Message = Record<string, unknown>> {
  readonly channel: string;
  readonly event: string;
  /** The message itself, which changes later. */
  readonly message: Message;
  /** A copy of the moment. */
  readonly seen: Message;
}

/** What `rerankit`'s channels say while `work` is done. */
export async function eventsOf(work: () => Promise<unknown>): Promise<Event[]> {
  const events: Event[] = [];
  const subscriptions = ['load', 'rerank', 'embed', 'run'].map((channel) => {
    const tracing: TracingChannel<unknown, Record<string, unknown>> = tracingChannel(`rerankit:${channel}`);
    const listen = (event: string) => (message: Record<string, unknown>) => {
      events.push({ channel, event, message, seen: { ...message } });
    };
    const subscribers = {
      start: listen('start'),
      end: listen('end'),
      asyncStart: listen('asyncStart'),
      asyncEnd: listen('asyncEnd'),
      error: listen('error'),
    };
    tracing.subscribe(subscribers);
    return () => tracing.unsubscribe(subscribers);
  });
  try {
    await work().catch(() => {});
  } finally {
    for (const unsubscribe of subscriptions) unsubscribe();
  }
  return events;
}

/** As `channel:event`. */
export function namesOf(events: readonly Event[]): string[] {
  return events.map(({ channel, event }) => `${channel}:${event}`);
}
