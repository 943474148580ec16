import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { integer, type Rules, read, string } from '../../option-rules.ts';
import { createHandler, type RerankHandler } from '../create-handler.ts';
import type { HandlerOptions, ServedReranker } from '../handler-options.ts';
import { toNodeListener } from './listener.ts';

/** How to listen, and to serve. */
export interface ServeOptions extends HandlerOptions, ListenOptions {}

/** How to listen. */
export interface ListenOptions {
  /** @default 8080; 0 for one that is free */
  readonly port?: number | undefined;
  /** Address to listen on; `'::'` for all. @default '127.0.0.1': this machine only */
  readonly host?: string | undefined;
  /** Longest wait for requests under way when the server is closed, in milliseconds. @default 30000 */
  readonly drainMilliseconds?: number | undefined;
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
  readonly handler: RerankHandler;
  /**
   * Refuses new requests, waits for those under way for at most `drainMilliseconds`, closes all connections, and disposes
   * of the reranker. Resolves to whether all requests were answered. Idempotent.
   */
  close(): Promise<boolean>;
}

const LISTEN_RULES: Rules<ListenOptions> = {
  port: integer(0, 65_535),
  host: string,
  drainMilliseconds: integer(0, 2 ** 31 - 1),
};

/** Longest time for the headers and the body of a request, in milliseconds. */
const RECEIVE_MS = 30_000;

/** Longest time for answers to reach their clients once all have been given, in milliseconds. */
const LAST_ANSWERS_MS = 1_000;

/**
 * Serves a reranker over HTTP, from the moment it is called: until the model is loaded, requests to rank are answered
 * with 503. Rejects where the address cannot be had, and throws `INVALID_OPTION`.
 */
export async function serve(
  reranker: ServedReranker | Promise<ServedReranker>,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const { port, host, drainMilliseconds, ...handlerOptions } = options;
  const listen = read('serve', LISTEN_RULES, { port, host, drainMilliseconds });
  const handler = createHandler(reranker, handlerOptions);
  const server = createServer({ requestTimeout: RECEIVE_MS, headersTimeout: RECEIVE_MS }, toNodeListener(handler));
  server.listen(listen.port ?? 8080, listen.host ?? '127.0.0.1');
  await once(server, 'listening');
  let closing: Promise<boolean> | undefined;
  const close = (): Promise<boolean> => {
    closing ??= closed(server, handler, listen.drainMilliseconds ?? 30_000);
    return closing;
  };
  return { url: urlOf(server), server, handler, close, [Symbol.asyncDispose]: async () => void (await close()) };
}

async function closed(server: Server, handler: RerankHandler, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  // It listens on meanwhile, so that whoever balances load reads that it is not ready.
  const late = delay(milliseconds, false, { signal: timer.signal }).catch(() => false);
  const drained = await Promise.race([handler.drain().then(() => true), late]);
  timer.abort();
  const ended = new Promise((resolve) => server.close(resolve));
  // Answers that have been given are on their way out.
  const cut = setTimeout(() => server.closeAllConnections(), drained ? LAST_ANSWERS_MS : 0);
  await ended;
  clearTimeout(cut);
  await handler.dispose();
  return drained;
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
