import type { ServedReranker } from './handler-options.ts';
import { Problem } from './problem.ts';

/** Where a service stands. Only a `ready` one ranks. */
export type ServiceState = 'loading' | 'ready' | 'failed' | 'draining';

/** A reranker that may still be loading, and the requests that use it. */
export class Lifecycle {
  readonly #loading: Promise<ServedReranker | undefined>;
  readonly #onState: (state: ServiceState, error?: unknown) => void;
  #reranker: ServedReranker | undefined;
  #state: ServiceState = 'loading';
  #open = 0;
  #whenIdle: (() => void) | undefined;
  #drained: Promise<void> | undefined;

  /** @param onState told of every change, with the error of a load that failed */
  constructor(
    reranker: ServedReranker | Promise<ServedReranker>,
    onState: (state: ServiceState, error?: unknown) => void,
  ) {
    this.#onState = onState;
    if (reranker instanceof Promise) {
      this.#loading = this.#load(reranker);
    } else {
      this.#reranker = reranker;
      this.#loading = Promise.resolve(reranker);
      this.#become('ready');
    }
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** Requests that are under way. */
  get open(): number {
    return this.#open;
  }

  /** The reranker, once it has been loaded. */
  get reranker(): ServedReranker | undefined {
    return this.#reranker;
  }

  /** The reranker, or a 503 while there is none. */
  loaded(): ServedReranker {
    if (this.#reranker !== undefined) return this.#reranker;
    if (this.#state === 'failed')
      throw new Problem(503, 'The model could not be loaded; the log of the server tells why.');
    throw new Problem(503, 'The model is still loading.', { retryAfter: 1 });
  }

  /** Does work that `drain` waits for. Rejects with a 503 unless the service is ready. */
  async use<Result>(work: (reranker: ServedReranker) => Promise<Result>): Promise<Result> {
    if (this.#state === 'draining') {
      throw new Problem(503, 'The server is shutting down.', { retryAfter: 1 });
    }
    const reranker = this.loaded();
    this.#open++;
    try {
      return await work(reranker);
    } finally {
      this.#open--;
      if (this.#open === 0) this.#whenIdle?.();
    }
  }

  /** Refuses new requests, and resolves when those under way have ended. */
  drain(): Promise<void> {
    this.#become('draining');
    this.#drained ??= new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#open === 0) resolve();
    });
    return this.#drained;
  }

  /** Drains, and disposes of the reranker, once it has been loaded. */
  async dispose(): Promise<void> {
    await this.drain();
    const reranker = await this.#loading;
    await reranker?.dispose();
  }

  async #load(loading: Promise<ServedReranker>): Promise<ServedReranker | undefined> {
    try {
      this.#reranker = await loading;
      this.#become('ready');
    } catch (error) {
      this.#become('failed', error);
    }
    return this.#reranker;
  }

  #become(state: ServiceState, error?: unknown): void {
    // One that drains stays so, whatever becomes of the model.
    if (this.#state === 'draining') return;
    this.#state = state;
    this.#onState(state, error);
  }
}
