import { setTimeout as delay } from 'node:timers/promises';
import { RerankitError } from '../../src/errors.ts';
import { serve } from '../../src/worker/serve.ts';

export interface CountingMethods {
  /** Reports each number below `to`, and answers `to`. */
  readonly count: { readonly request: { readonly to: number }; readonly response: number; readonly progress: number };
  readonly fail: { readonly request: undefined; readonly response: undefined };
}

serve<CountingMethods>({
  count: async ({ to }, { signal, report }) => {
    for (let at = 0; at < to; at++) {
      signal.throwIfAborted();
      report(at);
      await delay(1);
    }
    return to;
  },
  fail: () => Promise.reject(new RerankitError('CACHE_FAILED', 'no room')),
});
