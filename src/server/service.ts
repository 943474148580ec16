import { randomUUID } from 'node:crypto';
import { packageVersion } from '../package-version.ts';
import { Admission } from './admission.ts';
import { checkHeaders, readJson } from './body.ts';
import { Cors } from './cors.ts';
import { Deadline } from './deadline.ts';
import { type Described, defaultNames } from './descriptions.ts';
import type { ServedReranker, Settings } from './handler-options.ts';
import { ApiKeys } from './keys.ts';
import { Lifecycle, type ServiceState } from './lifecycle.ts';
import { loadError, loggedError } from './log.ts';
import { Metrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { type Page, pagesOf, webPage } from './pages.ts';
import { Problem, problemOf } from './problem.ts';
import { ENDPOINTS } from './protocols/endpoints.ts';
import { anyFailure } from './protocols/failures.ts';
import type { Endpoint, Failure } from './protocols/protocol.ts';
import { checkLists, withoutNulls } from './protocols/validate.ts';
import { json, type Reply, refusal, responseOf } from './responses.ts';
import { sizeOf, work } from './work.ts';

/** What is found out about a request while it is answered. */
interface Exchange {
  readonly id: string;
  path?: string | undefined;
  protocol?: string | undefined;
  documents?: number | undefined;
  promptTokens?: number | undefined;
  /** How its protocol says what went wrong. */
  failure: Failure;
}

/** A request to rank. */
interface Asked {
  readonly request: Request;
  readonly exchange: Exchange;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Answers requests with a reranker. */
export class Service {
  readonly lifecycle: Lifecycle;
  readonly #settings: Settings;
  readonly #keys: ApiKeys;
  readonly #cors: Cors;
  readonly #admission: Admission;
  readonly #metrics = new Metrics();
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #version = packageVersion();

  constructor(reranker: ServedReranker | Promise<ServedReranker>, settings: Settings) {
    this.#settings = settings;
    this.#keys = new ApiKeys(settings.apiKeys);
    this.#cors = new Cors(settings.cors);
    this.#admission = new Admission(settings.limits);
    const endpoints = ENDPOINTS.map((make) => make(settings.limits));
    this.#endpoints = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
    const api = openApi(endpoints, { version: this.#version, basePath: settings.basePath });
    this.#pages = pagesOf({
      api,
      described: () => this.#described(),
      metrics: () => this.#metricsText(),
      state: () => this.lifecycle.state,
    });
    this.lifecycle = new Lifecycle(reranker, (state, error) => this.#tell(state, error));
  }

  /** Never rejects. */
  async answer(request: Request): Promise<Response> {
    const { method, headers } = request;
    const started = performance.now();
    const asked = headers.get('x-request-id') ?? '';
    const exchange: Exchange = { id: /^[\w.:-]{1,128}$/.test(asked) ? asked : randomUUID(), failure: anyFailure };
    const further = { 'x-request-id': exchange.id, ...this.#cors.headers(headers.get('origin')) };
    const preflight = this.#cors.preflight(request);
    if (preflight !== undefined) return preflight;
    let reply: Reply;
    let error: unknown;
    try {
      reply = await this.#reply(request, exchange);
    } catch (cause) {
      const problem = problemOf(cause);
      // What is refused on purpose, as while loading, is no error.
      error = problem.status >= 500 ? problem.cause : undefined;
      reply = refusal(problem, exchange.failure, problem.status === 405 ? { allow: this.#allowed(exchange.path) } : {});
    }
    this.#record(exchange, { method, status: reply.status, milliseconds: performance.now() - started, error });
    return responseOf(reply, method, further);
  }

  async #reply(request: Request, exchange: Exchange): Promise<Reply> {
    const path = pathOf(request.url, this.#settings.basePath);
    const file = this.#settings.page ? webPage(path) : undefined;
    const [page, endpoint] = [file ?? this.#pages.get(path), this.#endpoints.get(path)];
    if (page === undefined && endpoint === undefined) {
      throw new Problem(404, 'There is nothing at this path; /openapi.json lists what there is.');
    }
    // One path for all files of the web page: they are many, and of one interest.
    exchange.path = file === undefined ? path : '/';
    exchange.failure = endpoint?.failure ?? anyFailure;
    this.#keys.check(request.headers.get('authorization'), page?.open === true);
    if (page !== undefined && (request.method === 'GET' || request.method === 'HEAD')) return page.read();
    if (endpoint !== undefined && request.method === 'POST') return this.#post(endpoint, request, exchange);
    throw new Problem(405, `This path takes ${this.#allowed(path)} requests.`);
  }

  async #post(endpoint: Endpoint, request: Request, exchange: Exchange): Promise<Reply> {
    const { bodyBytes, milliseconds } = this.#settings.limits;
    checkHeaders(request, bodyBytes);
    using deadline = new Deadline(request.signal, milliseconds);
    const { signal } = deadline;
    try {
      return await this.lifecycle.use((reranker) =>
        this.#admission.run(() => this.#rank(endpoint, reranker, { request, exchange, signal }), signal),
      );
    } catch (error) {
      if (request.signal.aborted) throw new Problem(499, 'The client hung up.');
      if (deadline.expired) {
        throw new Problem(
          504,
          `The request took longer than ${milliseconds} ms. Send fewer documents, or try again later.`,
        );
      }
      throw error;
    }
  }

  async #rank(endpoint: Endpoint, reranker: ServedReranker, { request, exchange, signal }: Asked): Promise<Reply> {
    const { limits } = this.#settings;
    const body = withoutNulls(await readJson(request, limits.bodyBytes, signal));
    const protocol = endpoint.protocolOf(body);
    exchange.protocol = protocol.name;
    exchange.failure = protocol.failure;
    checkLists(body, limits.documents);
    const job = protocol.read(body);
    exchange.documents = sizeOf(job);
    const outcome = await work(reranker, job, { id: exchange.id, names: this.#names(reranker), signal });
    exchange.promptTokens = outcome.usage.promptTokens;
    return json(job.answer(outcome));
  }

  #described(): Described {
    const reranker = this.lifecycle.loaded();
    return {
      info: reranker.info,
      names: this.#names(reranker),
      limits: this.#settings.limits,
      version: this.#version,
      keyRequired: this.#keys.required,
    };
  }

  #names({ info }: ServedReranker): readonly string[] {
    return this.#settings.modelNames ?? defaultNames(info);
  }

  #metricsText(): string {
    const { state, open, reranker } = this.lifecycle;
    return this.#metrics.text({
      ready: state === 'ready',
      open,
      waiting: this.#admission.waiting,
      version: this.#version,
      model: reranker === undefined ? undefined : this.#names(reranker)[0],
      info: reranker?.info,
      stats: reranker?.stats(),
    });
  }

  #allowed(path: string | undefined): string {
    if (path === undefined) return '';
    return this.#endpoints.has(path) ? 'POST' : 'GET, HEAD';
  }

  #record(
    { id, path, protocol, documents, promptTokens }: Exchange,
    { method, status, milliseconds, error }: { method: string; status: number; milliseconds: number; error: unknown },
  ): void {
    this.#metrics.count({ path, protocol, status, milliseconds });
    this.#settings.log({
      event: 'request',
      time: new Date().toISOString(),
      level: error !== undefined ? 'error' : status >= 400 ? 'warn' : 'info',
      id,
      method,
      path,
      protocol,
      status,
      milliseconds: Math.round(milliseconds * 10) / 10,
      documents,
      promptTokens,
      error: error === undefined ? undefined : loggedError(error, this.#local),
    });
  }

  /** Whether the model runs in this process. */
  get #local(): boolean {
    const source = this.lifecycle.reranker?.info.source;
    return source === 'embedded' || source === 'directory' || source === 'hub';
  }

  #tell(state: ServiceState, error: unknown): void {
    this.#settings.log({
      event: 'state',
      time: new Date().toISOString(),
      level: state === 'failed' ? 'error' : 'info',
      state,
      error: error === undefined ? undefined : loadError(error),
    });
  }
}

/** The path below the one where the handler is mounted; `''` for what is not below it. */
function pathOf(url: string, basePath: string): string {
  const pathname = URL.canParse(url) ? new URL(url).pathname : '';
  if (!pathname.startsWith(basePath)) return '';
  const rest = pathname.slice(basePath.length);
  return rest === '' ? '/' : rest;
}
