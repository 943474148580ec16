import { integer, read } from '../option-rules.ts';
import { type AdapterOptions, CALL_RULES, type CallOptions, readAdapterOptions } from './adapter-options.ts';
import { checkRanker, type Ranker } from './ranker.ts';

export type { AdapterOptions, CallOptions } from './adapter-options.ts';
export type { Ranked, Ranker, Ranking } from './ranker.ts';

/** What is read of a Genkit document. */
export interface GenkitDocument {
  readonly content: unknown;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** The text of all its parts; media have none. */
  readonly text: string;
}

/** What a call may set, in its `options`. */
export interface GenkitCallOptions extends CallOptions {
  /** Return only the best so many, at least 1. @default that of the adapter, else all */
  readonly k?: number | undefined;
}

/** A document with its score, a probability from 0 to 1. */
export interface RankedDocument<D extends GenkitDocument> {
  content: D['content'];
  metadata: Record<string, unknown> & { score: number };
}

/** Genkit's `RerankerFn`. Rejects as `Reranker.rerank` does. */
export type RerankerFn<D extends GenkitDocument = GenkitDocument> = <Own extends D>(
  query: { readonly text: string },
  documents: readonly Own[],
  options?: GenkitCallOptions,
) => Promise<{ documents: RankedDocument<Own>[] }>;

/**
 * The function of a Genkit reranker action: what `ai.defineReranker` takes after the name. It ranks by the text of the
 * documents, or by what the option `text` gives. Throws `INVALID_OPTION`.
 */
export function rerankerFn<D extends GenkitDocument = GenkitDocument>(
  reranker: Ranker,
  options: AdapterOptions<D> = {},
): RerankerFn<D> {
  const { text = (document) => document.text, ...own } = readAdapterOptions<D>('rerankerFn', options);
  checkRanker('rerankerFn', reranker);
  return async (query, documents, options = {}) => {
    const { k, ...call } = read<GenkitCallOptions>('the reranker', { ...CALL_RULES, k: integer(1) }, options);
    const { results } = await reranker.rerank(query.text, documents, {
      ...own,
      ...call,
      ...(k !== undefined && { topN: k }),
      text: (document) => text(document),
    });
    return {
      documents: results.map(({ document: { content, metadata }, score }) => ({
        content,
        metadata: { ...metadata, score },
      })),
    };
  };
}
