import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file of the fake repository. Large ones are published as LFS files and served by the second host. */
export interface HubFile {
  readonly content: Buffer;
  readonly lfs: boolean;
}

/** One request as a server saw it. */
export interface SeenRequest {
  readonly host: 'hub' | 'cdn';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** How a request misbehaves. Each fault is used up by one request that it fits, unless `always`. */
export interface Fault {
  readonly on: RegExp;
  readonly host?: 'hub' | 'cdn';
  readonly always?: boolean;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Close the connection after this many bytes of the body. */
  readonly cutAfter?: number;
  /** Send this many bytes of the body, and then nothing more. */
  readonly stallAfter?: number;
  readonly ignoreRange?: boolean;
  /** Serve this instead of the file's content. */
  readonly content?: Buffer;
}

/** Two loopback servers that behave like the Hub and its download host. */
export class HubServer {
  readonly files = new Map<string, HubFile>();
  readonly seen: SeenRequest[] = [];
  readonly faults: Fault[] = [];
  readonly repository = 'owner/tiny-reranker';
  readonly branch = 'main';
  commit = 'c'.repeat(40);
  /** When set, requests to the hub need this token. */
  token: string | undefined;
  readonly #hub: Server;
  readonly #cdn: Server;

  private constructor() {
    this.#hub = createServer((request, response) => void this.#handle('hub', request, response));
    this.#cdn = createServer((request, response) => void this.#handle('cdn', request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    await Promise.all(
      [server.#hub, server.#cdn].map((http) => new Promise<void>((done) => http.listen(0, '127.0.0.1', done))),
    );
    return server;
  }

  get endpoint(): string {
    return address(this.#hub);
  }

  add(path: string, content: Buffer | string, lfs = path.endsWith('.safetensors')): void {
    this.files.set(path, { content: Buffer.from(content), lfs });
  }

  /** Requests for a file's content that reached the host that has it. */
  fetches(path: string): SeenRequest[] {
    const host = this.files.get(path)?.lfs ? 'cdn' : 'hub';
    return this.seen.filter((request) => request.host === host && request.path.endsWith(`/${path}`));
  }

  async stop(): Promise<void> {
    for (const http of [this.#hub, this.#cdn]) {
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    }
  }

  async #handle(host: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    const method = request.method ?? 'GET';
    const { authorization, range } = request.headers;
    this.seen.push({ host, method, path, range, authorization });
    const place = this.faults.findIndex((fault) => fault.on.test(path) && (fault.host ?? host) === host);
    const fault = this.faults[place];
    if (fault !== undefined && !fault.always) this.faults.splice(place, 1);
    if (fault?.status !== undefined) return void response.writeHead(fault.status, fault.headers).end('<html>');
    if (host === 'cdn') return this.#serve(path.replace('/cdn/', ''), request, response, fault);
    if (this.token !== undefined && authorization !== `Bearer ${this.token}`) {
      return void response.writeHead(401, { 'x-error-message': 'Invalid username or password.' }).end();
    }
    if (path.startsWith('/api/models/')) return this.#api(path, request, response);
    const [, name, revision, file] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (name !== this.repository) return notFound(response, 'RepoNotFound');
    if (!this.#knows(revision)) return notFound(response, 'RevisionNotFound');
    const found = this.files.get(file ?? '');
    if (file === undefined || found === undefined) return notFound(response, 'EntryNotFound');
    response.setHeader('x-repo-commit', this.commit);
    if (!found.lfs) return this.#serve(file, request, response, fault);
    response.setHeader('x-linked-etag', `"${sha256(found.content)}"`);
    response.setHeader('x-linked-size', found.content.length);
    response.writeHead(302, { location: `${address(this.#cdn)}/cdn/${file}?signature=secret` }).end();
  }

  async #api(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name, verb, revision] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(revision|paths-info|tree)\/([^/]+|refs\/pr\/1)\/?$/.exec(path) ?? [];
    if (name !== this.repository) return notFound(response, 'RepoNotFound');
    if (!this.#knows(revision)) return notFound(response, 'RevisionNotFound');
    const commit = { _id: '1', id: name, sha: this.commit };
    const json =
      verb === 'revision' ? commit : this.#entries(verb === 'tree' ? [...this.files.keys()] : await asked(request));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  }

  #entries(paths: readonly string[]): object[] {
    return paths.flatMap((path) => {
      const file = this.files.get(path);
      if (file === undefined) return [];
      const { length: size } = file.content;
      const lfs = file.lfs ? { lfs: { oid: sha256(file.content), size, pointerSize: 134 } } : {};
      return [{ type: 'file', path, size, oid: gitSha1(file.content), ...lfs }];
    });
  }

  #serve(path: string, request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
    const content = fault?.content ?? this.files.get(path)?.content;
    if (content === undefined) {
      notFound(response, 'EntryNotFound');
      return;
    }
    const start = fault?.ignoreRange ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const body = content.subarray(Number(start ?? 0));
    const end = content.length - 1;
    response.setHeader('etag', `"${gitSha1(content)}"`);
    response.setHeader('content-length', body.length);
    if (start === undefined) response.writeHead(200);
    else response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${content.length}` });
    const limit = fault?.cutAfter ?? fault?.stallAfter;
    if (limit === undefined) {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, limit), () => {
      if (fault?.cutAfter !== undefined) setTimeout(() => response.destroy(), 20);
    });
  }

  #knows(revision: string | undefined): boolean {
    return revision === this.branch || revision === this.commit || revision === 'refs/pr/1';
  }
}

function address(http: Server): string {
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function asked(request: IncomingMessage): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const { paths }: { paths: string[] } = JSON.parse(Buffer.concat(chunks).toString());
  return paths;
}

function notFound(response: ServerResponse, code: string): void {
  response.writeHead(404, { 'x-error-code': code }).end();
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

export function gitSha1(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
