import { callback, finite, fraction, integer, type Rules, read, string } from '../option-rules.ts';
import type { RerankOptions } from '../types.ts';

/** What a call may set for itself. */
export type CallOptions = Pick<RerankOptions<never>, 'instruction' | 'minScore' | 'priority'>;

/** What all calls through an adapter have in common. */
export interface AdapterOptions<D> extends CallOptions {
  /** Return only the best so many, at least 1. @default all */
  readonly topN?: number | undefined;
  /** The text of one of the framework's documents. @default its content, without metadata */
  readonly text?: ((document: D) => string) | undefined;
}

export const CALL_RULES: Rules<CallOptions> = { instruction: string, minScore: fraction, priority: finite };

export const ADAPTER_RULES: Rules<AdapterOptions<never>> = { ...CALL_RULES, topN: integer(1), text: callback };

/** The options of an adapter, read once and checked. Throws `INVALID_OPTION`. */
export function readAdapterOptions<D>(adapter: string, options: AdapterOptions<D>): AdapterOptions<D> {
  return read<AdapterOptions<D>>(adapter, ADAPTER_RULES, options);
}
