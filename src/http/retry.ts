import { sleep } from '../files/sleep.ts';
import { TransientError } from './transient-error.ts';

/** The longest wait between two tries, in milliseconds, whatever the server asks for. */
const MAX_WAIT_MS = 60_000;

/** How often and how patiently to try. */
export interface RetryPolicy {
  /** Tries in a row that may fail. */
  readonly attempts: number;
  /** Wait after the first failure, in milliseconds; doubles with each further one. */
  readonly delayMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Repeats `work` while it rejects with a {@link TransientError}, and rejects with the last one. The wait grows, is
 * spread at random so that many clients do not return at once, and is what the server asked for if it did.
 * @param progressed tells whether the last try got further; then the count starts afresh
 */
export async function retrying<T>(work: () => Promise<T>, policy: RetryPolicy, progressed?: () => boolean): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures = progressed?.() ? 1 : failures + 1;
      if (failures >= policy.attempts) throw error;
      const backoff = policy.delayMs * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
      await sleep(Math.min(error.retryAfterMs ?? backoff, MAX_WAIT_MS), policy.signal);
    }
  }
}
