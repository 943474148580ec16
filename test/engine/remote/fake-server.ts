import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a server answers: a body, with status 200; or a status and a body. */
export type Reply = { readonly status: number; readonly body: unknown } | { readonly body: unknown };
export type Handler = (body: unknown, request: SeenRequest) => Reply | undefined;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** How a request misbehaves. Each fault is used up by one request whose path fits, unless `always`. */
export interface Fault {
  readonly on: RegExp;
  readonly always?: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly text?: string;
  /** Changes the answer before it is sent. */
  readonly change?: (body: unknown) => unknown;
  /** Closes the connection: before the answer, or after so many bytes of it. */
  readonly cutAfter?: number;
  /** Never answers. */
  readonly hang?: boolean;
  readonly delayMs?: number;
}

/** A loopback server that answers as a protocol does, and misbehaves on demand. */
export class FakeServer implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  readonly faults: Fault[] = [];
  /** Most requests that were open at a time, and requests that the client gave up. */
  mostOpen = 0;
  given_up = 0;
  #open = 0;
  readonly #handler: Handler;
  readonly #http: Server;

  private constructor(handler: Handler) {
    this.#handler = handler;
    this.#http = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(handler: Handler): Promise<FakeServer> {
    const server = new FakeServer(handler);
    await new Promise<void>((done) => server.#http.listen(0, '127.0.0.1', done));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Requests to a path. */
  to(path: string): SeenRequest[] {
    return this.seen.filter((request) => request.path === path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((done) => this.#http.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open++;
    this.mostOpen = Math.max(this.mostOpen, this.#open);
    response.on('close', () => {
      this.#open--;
      if (!response.writableFinished) this.given_up++;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const seen = { method: request.method ?? '', path, headers: request.headers, body };
    this.seen.push(seen);
    const at = this.faults.findIndex(({ on }) => on.test(path));
    const fault = this.faults[at];
    if (fault !== undefined && !fault.always) this.faults.splice(at, 1);
    if (fault?.hang) return;
    await delay(fault?.delayMs ?? 0);
    const reply = this.#handler(body, seen) ?? { status: 404, body: { detail: 'Not Found' } };
    const status = fault?.status ?? ('status' in reply ? reply.status : 200);
    const answer = fault?.text ?? JSON.stringify(fault?.change === undefined ? reply.body : fault.change(reply.body));
    response.writeHead(status, { 'content-type': 'application/json', ...fault?.headers });
    if (fault?.cutAfter === undefined) {
      response.end(answer);
    } else {
      response.write(answer.slice(0, fault.cutAfter), () => response.destroy());
    }
  }
}
