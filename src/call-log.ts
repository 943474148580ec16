import type { TracingChannel } from 'node:diagnostics_channel';
import { type CallTrace, type TracedModel, trace } from './observability/index.ts';
import type { CallCost } from './scoring/index.ts';
import type { RerankerTotals } from './types.ts';

/** What a call tells of itself as it goes on. */
export interface OpenCall {
  signal?: AbortSignal | undefined;
  cost?: CallCost;
}

/** What all calls tell, and the call's kind. */
type KindTrace<Kind> = CallTrace & { readonly kind: Kind };

/** Counts a model's calls, and tells their channel of each. */
export class CallLog<Kind extends string> {
  readonly #channel: TracingChannel<unknown, KindTrace<Kind>>;
  readonly #model: TracedModel;
  readonly #totals = { calls: 0, failures: 0, aborts: 0, documents: 0, promptTokens: 0, computedTokens: 0 };

  constructor(channel: TracingChannel<unknown, KindTrace<Kind>>, { model, device }: TracedModel) {
    this.#channel = channel;
    this.#model = { model, device };
  }

  /** Does the work of a call that was given `list`, of documents, pairs or queries, which has not been checked. */
  async watch<Result>(kind: Kind, list: unknown, work: (call: OpenCall) => Promise<Result>): Promise<Result> {
    const call: OpenCall = {};
    const begin = (): KindTrace<Kind> => ({ kind, ...this.#model, documents: Array.isArray(list) ? list.length : 0 });
    return trace(
      this.#channel,
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
      totals.documents += call.cost?.truncated.length ?? 0;
      totals.promptTokens += call.cost?.usage.promptTokens ?? 0;
      totals.computedTokens += call.cost?.usage.computedTokens ?? 0;
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

function describe(message: CallTrace, { cost }: OpenCall): void {
  if (cost === undefined) return;
  message.usage = cost.usage;
  message.truncated = cost.truncated.reduce((sum, cut) => sum + cut, 0);
  message.runs = cost.runs;
  message.queueMilliseconds = cost.queueMilliseconds;
  message.runMilliseconds = cost.runMilliseconds;
}
