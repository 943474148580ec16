import { RerankitError, show } from '../errors.ts';
import { finite, read, string } from '../option-rules.ts';
import type { CallOptions } from './adapter-options.ts';
import { checkRanker, type Ranker } from './ranker.ts';

export type { Ranked, Ranker, Ranking } from './ranker.ts';

/** What all calls through the provider have in common. */
export type RelevanceOptions = Pick<CallOptions, 'instruction' | 'priority'>;

/** Mastra's `RelevanceScoreProvider`. */
export interface RelevanceScoreProvider {
  /** How relevant the second text is for the first, the query: a probability from 0 to 1. Rejects as `Reranker.rerank` does. */
  getRelevanceScore(query: string, document: string): Promise<number>;
}

interface Waiting {
  readonly document: string;
  readonly resolve: (score: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A relevance provider for Mastra's `rerankWithScorer`. Mastra asks for one document at a time; what is asked about a query
 * in one turn of the event loop is ranked in one call. Throws `INVALID_OPTION`.
 */
export function relevanceScoreProvider(reranker: Ranker, options: RelevanceOptions = {}): RelevanceScoreProvider {
  const own = read('relevanceScoreProvider', { instruction: string, priority: finite }, options);
  checkRanker('relevanceScoreProvider', reranker);
  const byQuery = new Map<string, Waiting[]>();

  async function rank(query: string, waiting: readonly Waiting[]): Promise<void> {
    try {
      const { results } = await reranker.rerank(query, waiting, { ...own, text: ({ document }) => document });
      for (const { document, score } of results) document.resolve(score);
      // Without effect on those that have their score.
      const missing = new RerankitError('ENGINE_FAILED', 'The reranker gave no score for a document.');
      for (const { reject } of waiting) reject(missing);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  return {
    async getRelevanceScore(query, document) {
      // Here, so that one wrong call does not fail its neighbours.
      for (const [name, value] of Object.entries({ query, document })) {
        if (typeof value === 'string') continue;
        throw new RerankitError('INVALID_INPUT', `The ${name} must be a string, not ${show(value)}.`);
      }
      return new Promise((resolve, reject) => {
        const one = { document, resolve, reject };
        const waiting = byQuery.get(query);
        if (waiting !== undefined) return void waiting.push(one);
        const first = [one];
        byQuery.set(query, first);
        setImmediate(() => {
          byQuery.delete(query);
          void rank(query, first);
        });
      });
    },
  };
}
