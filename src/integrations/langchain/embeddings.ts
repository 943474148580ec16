import { read } from '../../option-rules.ts';
import { checkEmbedder, EMBEDDING_RULES, type EmbeddingOptions, type TextEmbedder } from '../text-embedder.ts';

/** LangChain's `EmbeddingsInterface`. */
export interface LangChainEmbeddings {
  /** A query's vector, of length 1. Rejects as `Embedder.embedQuery` does. */
  embedQuery(text: string): Promise<number[]>;
  /** One vector a text, in the order of the input. Rejects as `Embedder.embedDocuments` does. */
  embedDocuments(texts: string[]): Promise<number[][]>;
}

/** Embeddings for LangChain, such as a vector store takes. Throws `INVALID_OPTION`. */
export function embeddings(embedder: TextEmbedder, options: EmbeddingOptions = {}): LangChainEmbeddings {
  const own = read('embeddings', EMBEDDING_RULES, options);
  checkEmbedder('embeddings', embedder);
  const { instruction: _, ...forDocuments } = own;
  return {
    async embedQuery(text) {
      const { embedding } = await embedder.embedQuery(text, own);
      return Array.from(embedding);
    },
    async embedDocuments(texts) {
      const { embeddings } = await embedder.embedDocuments(texts, forDocuments);
      return embeddings.map((vector) => Array.from(vector));
    },
  };
}
