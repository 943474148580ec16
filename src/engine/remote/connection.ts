import { RerankitError } from '../../errors.ts';
import { networkReason } from '../../http/network-reason.ts';
import { retrying } from '../../http/retry.ts';
import { TransientError } from '../../http/transient-error.ts';
import { endpoint } from './base-url.ts';
import { BodyTooLong, readText } from './read-json.ts';
import { Redactor } from './redactor.ts';
import { RefusedRedirect, send } from './send.ts';
import { statusError } from './status-error.ts';

/** Most bytes of an answer. Scores are some 100 bytes a document, token ids some 7 bytes each. */
const MAX_ANSWER_BYTES = 32 * 2 ** 20;
const MAX_ERROR_BYTES = 65_536;
const FIRST_WAIT_MS = 500;
/** What servers answer to a request that they do not know, or not in this form. */
const ABSENT: readonly number[] = [400, 404, 405, 422, 501];

export interface ConnectionOptions {
  readonly base: URL;
  readonly apiKey: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Longest try, in milliseconds. */
  readonly timeout: number;
  /** Tries after the first. */
  readonly retries: number;
  readonly fetch: typeof fetch;
}

/** A server, and how to ask it: with deadline, tries, and a limit to what is read. Knows JSON, not protocols. */
export class Connection {
  /** What errors call the server. */
  readonly name: string;
  readonly #options: ConnectionOptions;
  readonly #headers: Headers;
  readonly #redactor: Redactor;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.name = options.base.href.replace(/\/$/, '');
    this.#headers = new Headers(options.headers);
    if (options.apiKey !== undefined) this.#headers.set('authorization', `Bearer ${options.apiKey}`);
    if (!this.#headers.has('user-agent')) this.#headers.set('user-agent', 'rerankit');
    this.#headers.set('accept', 'application/json');
    this.#redactor = new Redactor([options.apiKey, ...Object.values(options.headers)]);
  }

  /**
   * Posts a body and resolves to the answer. Tries again, after a growing wait or the one that the server asks for, when
   * the connection is lost and on 429, 502, 503 and 504. Rejects with `REMOTE_UNAVAILABLE`, `REMOTE_UNAUTHORIZED` or
   * `REMOTE_FAILED`, and with the signal's reason.
   */
  post(path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) }, signal);
  }

  /** The same, but `undefined` where the server has no such endpoint, or does not take such a body. */
  postIfThere(path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) }, signal, ABSENT);
  }

  /** Asks without a body; `undefined` where the server has no such endpoint. */
  getIfThere(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#ask(path, { method: 'GET' }, signal, ABSENT);
  }

  /** An answer that is not what the protocol promises. */
  unexpected(path: string, what: string): RerankitError {
    return this.failed(`answered ${path} with ${what}. Is it a server of this protocol, and of a model that reranks?`);
  }

  /** An error that begins with the server's name. */
  failed(what: string): RerankitError {
    return new RerankitError('REMOTE_FAILED', this.#redactor.redact(`${this.name} ${what}`));
  }

  async #ask(path: string, init: RequestInit, signal: AbortSignal, absent: readonly number[] = []): Promise<unknown> {
    const { retries } = this.#options;
    try {
      return await retrying(() => this.#try(path, init, signal, absent), {
        attempts: retries + 1,
        delayMs: FIRST_WAIT_MS,
        signal,
      });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      const tries = retries === 0 ? '' : ` (${retries + 1} tries)`;
      const message = this.#redactor.redact(
        `${this.name} ${error.message}${tries}. Is it running, and not overloaded?`,
      );
      throw new RerankitError('REMOTE_UNAVAILABLE', message, { cause: error.cause });
    }
  }

  async #try(path: string, init: RequestInit, signal: AbortSignal, absent: readonly number[]): Promise<unknown> {
    signal.throwIfAborted();
    const { timeout } = this.#options;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeout);
    try {
      const headers = new Headers(this.#headers);
      if (init.body !== undefined) headers.set('content-type', 'application/json');
      const response = await send(this.#options.fetch, endpoint(this.#options.base, path), {
        ...init,
        headers,
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      if (absent.includes(response.status)) {
        await response.body?.cancel();
        return undefined;
      }
      if (!response.ok) throw statusError(this, path, response, await readReason(response));
      const text = await readText(response, MAX_ANSWER_BYTES);
      return this.#parse(path, text);
    } catch (cause) {
      signal.throwIfAborted();
      if (deadline.signal.aborted) {
        throw new RerankitError(
          'REMOTE_UNAVAILABLE',
          `${this.name} did not answer ${path} within ${timeout} ms. Raise the option timeout, or lower batchSize.`,
        );
      }
      if (cause instanceof TransientError || RerankitError.isInstance(cause)) throw cause;
      if (cause instanceof RefusedRedirect) {
        const { where } = cause;
        throw this.failed(`redirects ${path} to ${where}, which is not followed: give that url if you trust it.`);
      }
      if (cause instanceof BodyTooLong) throw this.unexpected(path, cause.message);
      throw new TransientError(`could not be reached, or closed the connection (${networkReason(cause)})`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  #parse(path: string, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.unexpected(path, text === '' ? 'nothing' : 'something that is not JSON');
    }
  }
}

/** What a refusal says, as far as it can be read. */
async function readReason(response: Response): Promise<string> {
  try {
    return await readText(response, MAX_ERROR_BYTES);
  } catch {
    return '';
  }
}
