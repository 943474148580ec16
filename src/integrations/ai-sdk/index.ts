export type { AdapterOptions, CallOptions } from '../adapter-options.ts';
export type { Ranked, Ranker, Ranking } from '../ranker.ts';
export type {
  EmbeddedDocuments,
  EmbeddedQuery,
  EmbeddingOptions,
  EmbedTextsOptions,
  TextEmbedder,
} from '../text-embedder.ts';
export { type EmbeddingCallOptions, type EmbeddingModelOptions, embeddingModel } from './embedding-model.ts';
export type { EmbeddingAnswer, EmbeddingCall, EmbeddingModel } from './embedding-types.ts';
export { type JsonDocument, type RerankingModelOptions, rerankingModel } from './model.ts';
export { createRerankit, type ProviderOptions, type RerankitProvider } from './provider.ts';
export type {
  RerankingAnswer,
  RerankingCall,
  RerankingModel,
  RerankingWarning,
  SpecificationVersion,
} from './types.ts';
