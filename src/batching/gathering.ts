/**
 * The longest that an idle engine waits for calls which have announced rows but not delivered any, in milliseconds.
 * Encoding the first chunk of an ordinary call takes about a millisecond, and the shortest micro-batch some tens: calls
 * that come together should share a run, and none should notice the wait.
 */
export const GATHER_MILLISECONDS = 5;

/**
 * The moment between the first row that reaches an idle scheduler and the start of its run, in which the other calls of
 * the moment deliver theirs.
 */
export class Gathering {
  readonly #ready: () => boolean;
  readonly #start: () => void;
  #timer: NodeJS.Timeout | undefined;
  #check: NodeJS.Immediate | undefined;

  /**
   * @param ready Whether there is nothing left to wait for.
   * @param start Called once when gathering ends, unless it is cancelled.
   */
  constructor(ready: () => boolean, start: () => void) {
    this.#ready = ready;
    this.#start = start;
  }

  /** Begins to gather, or goes on: to be called whenever `ready` may have become true. */
  begin(): void {
    this.#timer ??= setTimeout(() => this.#finish(), GATHER_MILLISECONDS);
    if (this.#check !== undefined || !this.#ready()) return;
    // Not at once: the calls of this turn of the event loop have not all been made yet.
    this.#check = setImmediate(() => {
      this.#check = undefined;
      if (this.#ready()) this.#finish();
    });
  }

  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#check);
    this.#timer = undefined;
    this.#check = undefined;
  }

  #finish(): void {
    this.cancel();
    this.#start();
  }
}
