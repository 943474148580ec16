/** Ends a request's work when its client has hung up, or its time is over. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #client: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #hangUp = (): void => this.#controller.abort(this.#client.reason);
  /** Whether the time is over. */
  expired = false;

  constructor(client: AbortSignal, milliseconds: number) {
    this.#client = client;
    this.#timer = setTimeout(() => {
      this.expired = true;
      this.#controller.abort();
    }, milliseconds);
    client.addEventListener('abort', this.#hangUp, { once: true });
    if (client.aborted) this.#hangUp();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Forgets the clock and the client: a timer that lives on would hold the request in memory. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#client.removeEventListener('abort', this.#hangUp);
  }
}
