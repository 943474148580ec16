import { type AdapterOptions, readAdapterOptions } from '../adapter-options.ts';
import { checkRanker, type Ranker } from '../ranker.ts';

/** What is read of a LangChain document. */
export interface LangChainDocument<Metadata extends object = Readonly<Record<string, unknown>>> {
  readonly pageContent: string;
  readonly metadata: Metadata;
}

/** A document with its score, a probability from 0 to 1. */
export type ScoredDocument<D extends LangChainDocument<object>> = D & { metadata: { relevanceScore: number } };

/** LangChain's `BaseDocumentCompressor`. */
export interface DocumentCompressor<D extends LangChainDocument<object> = LangChainDocument> {
  /**
   * The relevant documents, best first: copies of the same class, with the score in `metadata.relevanceScore`. Rejects as
   * `Reranker.rerank` does.
   */
  compressDocuments<Own extends D>(documents: readonly Own[], query: string): Promise<ScoredDocument<Own>[]>;
}

/**
 * A document compressor for LangChain, such as a `ContextualCompressionRetriever` takes. It ranks by `pageContent`,
 * or by what the option `text` gives. Throws `INVALID_OPTION`.
 */
export function documentCompressor<D extends LangChainDocument<object> = LangChainDocument>(
  reranker: Ranker,
  options: AdapterOptions<D> = {},
): DocumentCompressor<D> {
  const { text = ({ pageContent }) => pageContent, ...own } = readAdapterOptions<D>('documentCompressor', options);
  checkRanker('documentCompressor', reranker);
  return {
    async compressDocuments(documents, query) {
      const { results } = await reranker.rerank(query, documents, { ...own, text: (document) => text(document) });
      return results.map(({ document, score }) => withScore(document, score));
    },
  };
}

function withScore<D extends LangChainDocument<object>>(document: D, relevanceScore: number): ScoredDocument<D> {
  const copy = { ...document, metadata: { ...document.metadata, relevanceScore } };
  return Object.create(Object.getPrototypeOf(document), Object.getOwnPropertyDescriptors(copy));
}
