import PQueue from 'p-queue';
import { Problem } from './problem.ts';

/** Weight of the latest request in the mean time of one. */
const LATEST = 0.1;
/** Bounds of what clients are asked to wait, in seconds. */
const [LEAST_WAIT, MOST_WAIT] = [1, 60];

/** Lets so many requests be worked on at a time, and so many wait; refuses the rest. */
export class Admission {
  readonly #queue: PQueue;
  readonly #waiting: number;
  #meanSeconds = 0;

  constructor({ concurrentRequests, waitingRequests }: { concurrentRequests: number; waitingRequests: number }) {
    this.#queue = new PQueue({ concurrency: concurrentRequests });
    this.#waiting = waitingRequests;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Does the work as soon as there is room. Rejects with a 429 where too many wait already, and with the signal's reason
   * if it is aborted before the work begins.
   */
  async run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const { concurrency, pending, size } = this.#queue;
    if (pending >= concurrency && size >= this.#waiting) {
      throw new Problem(429, `The server is busy: ${pending} requests are under way, and ${size} wait.`, {
        code: 'QUEUE_FULL',
        retryAfter: this.#wait(),
      });
    }
    return this.#queue.add(() => this.#timed(work), { signal });
  }

  async #timed<Result>(work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      const seconds = (performance.now() - started) / 1000;
      this.#meanSeconds += LATEST * (seconds - this.#meanSeconds);
    }
  }

  /** Seconds until those that wait now will have been worked on. */
  #wait(): number {
    const { concurrency, size } = this.#queue;
    const seconds = Math.ceil((this.#meanSeconds * (size + 1)) / concurrency);
    return Math.min(MOST_WAIT, Math.max(LEAST_WAIT, seconds));
  }
}
