import { RerankitError, show } from '../errors.ts';
import type { RerankObjectsOptions, RerankResult, Usage } from '../types.ts';

/** What an adapter needs of a reranker: `Reranker` has it, and so may a stand-in. The adapter never disposes of it. */
export interface Ranker {
  /** What was loaded, where that is known. */
  readonly info?: { readonly model: string };
  /** Ranks as `Reranker.rerank` does. */
  rerank<D>(query: string, documents: readonly D[], options: RerankObjectsOptions<D>): Promise<Ranking<D>>;
}

/** What an adapter reads of a response. */
export interface Ranking<D> {
  /** Best first. */
  readonly results: readonly Ranked<D>[];
  readonly usage?: Usage;
}

/** One ranked document. */
export interface Ranked<D> extends Pick<RerankResult<D>, 'index' | 'document' | 'score'> {
  readonly truncated?: boolean;
}

/** Throws `INVALID_INPUT` unless `reranker` can rank: it may be a promise of one. */
export function checkRanker(adapter: string, reranker: unknown): void {
  if (typeof reranker === 'object' && reranker !== null && 'rerank' in reranker) return;
  throw new RerankitError(
    'INVALID_INPUT',
    `${adapter} needs a loaded reranker, as \`await Reranker.load()\` gives, not ${show(reranker)}.`,
  );
}
