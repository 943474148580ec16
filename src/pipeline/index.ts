export { type Fused, type FusionOptions, reciprocalRankFusion } from './fusion.ts';
export { retrieveAndRerank } from './retrieve-and-rerank.ts';
export type {
  Candidate,
  CandidateSource,
  CanRerank,
  RerankFunction,
  RetrieveObjectsOptions,
  RetrieveOptions,
  RetrieveResponse,
  RetrieveResult,
  SourceContext,
  SourceFailure,
  StageTimings,
} from './types.ts';
