export type { AdapterOptions, CallOptions } from '../adapter-options.ts';
export type { Ranked, Ranker, Ranking } from '../ranker.ts';
export { type JsonDocument, type RerankingModelOptions, rerankingModel } from './model.ts';
export { createRerankit } from './provider.ts';
export type {
  RerankingAnswer,
  RerankingCall,
  RerankingModel,
  RerankingWarning,
  RerankitProvider,
  SpecificationVersion,
} from './types.ts';
