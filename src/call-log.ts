import { type RerankTrace, rerankChannel, type TracedModel, trace } from './observability/index.ts';
import type { Scored } from './scoring/index.ts';
import type { RerankerTotals } from './types.ts';

/** What a call tells of itself as it goes on. */
export interface OpenCall {
  signal?: AbortSignal | undefined;
  scored?: Scored;
}

/** Counts a reranker's calls, and tells the channel of each. */
export class CallLog {
  readonly #model: TracedModel;
  readonly #totals = { calls: 0, failures: 0, aborts: 0, documents: 0, promptTokens: 0, computedTokens: 0 };

  constructor({ model, device }: TracedModel) {
    this.#model = { model, device };
  }

  /** Does the work of a call that was given `list`, documents or pairs, which have not been checked. */
  async watch<Result>(
    kind: RerankTrace['kind'],
    list: unknown,
    work: (call: OpenCall) => Promise<Result>,
  ): Promise<Result> {
    const call: OpenCall = {};
    const begin = (): RerankTrace => ({ kind, ...this.#model, documents: Array.isArray(list) ? list.length : 0 });
    return trace(
      rerankChannel,
      begin,
      () => this.#counted(call, work),
      (message) => describe(message, call),
    );
  }

  totals(): Omit<RerankerTotals, 'runs' | 'runMilliseconds'> {
    return { ...this.#totals };
  }

  async #counted<Result>(call: OpenCall, work: (call: OpenCall) => Promise<Result>): Promise<Result> {
    const totals = this.#totals;
    try {
      const result = await work(call);
      totals.documents += call.scored?.logits.length ?? 0;
      totals.promptTokens += call.scored?.usage.promptTokens ?? 0;
      totals.computedTokens += call.scored?.usage.computedTokens ?? 0;
      return result;
    } catch (error) {
      if (call.signal?.aborted && error === call.signal.reason) totals.aborts++;
      else totals.failures++;
      throw error;
    } finally {
      totals.calls++;
    }
  }
}

function describe(message: RerankTrace, { scored }: OpenCall): void {
  if (scored === undefined) return;
  message.usage = scored.usage;
  message.truncated = scored.truncated.reduce((sum, cut) => sum + cut, 0);
  message.runs = scored.runs;
  message.queueMilliseconds = scored.queueMilliseconds;
  message.runMilliseconds = scored.runMilliseconds;
}
