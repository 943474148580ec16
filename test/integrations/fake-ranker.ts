import { readDocuments } from '../../src/input.ts';
import type { Ranker, Ranking } from '../../src/integrations/ranker.ts';
import { readRerankOptions } from '../../src/options.ts';
import type { RerankObjectsOptions } from '../../src/types.ts';

/** What a fake was asked. */
export interface Call {
  readonly query: string;
  readonly texts: readonly string[];
  readonly options: Omit<RerankObjectsOptions<never>, 'text'>;
}

/** Scores by the share of the query's letters that a document has, checks its options as the library does, and remembers. */
export function fakeRanker(): Ranker & { readonly calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    info: { model: 'fake' },
    async rerank<D>(query: string, documents: readonly D[], options: RerankObjectsOptions<D>): Promise<Ranking<D>> {
      const { text, ...own } = readRerankOptions(options);
      const { texts } = readDocuments(documents, text);
      calls.push({ query, texts, options: own });
      await new Promise(setImmediate);
      own.signal?.throwIfAborted();
      const results = documents
        .map((document, index) => ({
          index,
          document,
          score: scoreOf(query, texts[index] ?? ''),
          truncated: (texts[index] ?? '').length > 50,
        }))
        .filter(({ score }) => score >= (own.minScore ?? 0))
        .sort((a, b) => b.score - a.score)
        .slice(0, own.topN);
      return { results, usage: { promptTokens: 5, computedTokens: 3, savedTokens: 2 } };
    },
  };
}

/** The score that the fake gives. */
export function scoreOf(query: string, text: string): number {
  const letters = [...query];
  return letters.length === 0 ? 0 : letters.filter((letter) => text.includes(letter)).length / letters.length;
}

/** Freezes a value and all it holds, so that writing to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
