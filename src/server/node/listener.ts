import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from 'srvx/node';

/** What answers a request, as `fetch` would. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** What `node:http` calls with a request, and Express. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** How long a client may go on sending what nobody reads, once it has been answered, in milliseconds. */
const LINGER_MS = 2_000;

/**
 * A handler as `node:http` takes one, and Express: `createServer(toNodeListener(handler))`, `app.use(toNodeListener(handler))`.
 * The request's signal is aborted when the client hangs up. In Express it must come before what parses bodies.
 */
export function toNodeListener(handler: FetchHandler): NodeListener {
  // Its type asks for a request that is of HTTP/1 and HTTP/2 at once.
  const listener = toNodeHandler(handler) as NodeListener;
  return (incoming, outgoing) => {
    outgoing.once('finish', () => endLate(incoming));
    listener(incoming, outgoing);
  };
}

/** Closes the connection of a client that still sends after its answer. At once, and it might not read the answer. */
function endLate(incoming: IncomingMessage): void {
  if (incoming.complete) return;
  const timer = setTimeout(() => incoming.destroy(), LINGER_MS);
  incoming.once('close', () => clearTimeout(timer));
}
