export type { AdapterOptions } from '../adapter-options.ts';
export type { Ranked, Ranker, Ranking } from '../ranker.ts';
export type {
  EmbeddedDocuments,
  EmbeddedQuery,
  EmbeddingOptions,
  EmbedTextsOptions,
  TextEmbedder,
} from '../text-embedder.ts';
export {
  type DocumentCompressor,
  documentCompressor,
  type LangChainDocument,
  type ScoredDocument,
} from './document-compressor.ts';
export { embeddings, type LangChainEmbeddings } from './embeddings.ts';
