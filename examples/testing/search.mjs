// A service that uses a reranker. It is given one, so that its tests can give it another.
import { RerankitError } from 'rerankit';

export class SearchService {
  #reranker;
  #articles;
  #deadline;

  /** `deadline` is in milliseconds. */
  constructor(reranker, articles, { deadline = 2000 } = {}) {
    this.#reranker = reranker;
    this.#articles = articles;
    this.#deadline = deadline;
  }

  /** The best three articles; unranked ones where ranking takes too long, or too much else is waiting. */
  async search(query) {
    try {
      const { results } = await this.#reranker.rerank(query, this.#articles, {
        text: ({ title, body }) => `${title}\n${body}`,
        topN: 3,
        minScore: 0.5,
        signal: AbortSignal.timeout(this.#deadline),
      });
      return { ranked: true, titles: results.map(({ document }) => document.title) };
    } catch (error) {
      const busy = RerankitError.isInstance(error, 'QUEUE_FULL') || error?.name === 'TimeoutError';
      if (!busy) throw error;
      return { ranked: false, titles: this.#articles.slice(0, 3).map(({ title }) => title) };
    }
  }
}
