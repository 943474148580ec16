/** Version of the AI SDK's provider specification: 4 for `ai` 7, 3 for `ai` 6. */
export type SpecificationVersion = 'v3' | 'v4';

/** A reranking model of the AI SDK. */
export interface RerankingModel<Version extends SpecificationVersion = SpecificationVersion> {
  readonly specificationVersion: Version;
  readonly provider: string;
  readonly modelId: string;
  /** What the AI SDK's `rerank` calls. Rejects as `Reranker.rerank` does. */
  doRerank(options: RerankingCall): Promise<RerankingAnswer>;
}

/** A call of the AI SDK. */
export interface RerankingCall {
  readonly documents: { readonly type: 'text' | 'object'; readonly values: readonly unknown[] };
  readonly query: string;
  readonly topN?: number | undefined;
  readonly abortSignal?: AbortSignal | undefined;
  /** `{ rerankit: { instruction, minScore, priority } }`, each of them optional. */
  readonly providerOptions?: Readonly<Record<string, object>> | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The answer. */
export interface RerankingAnswer {
  /** Best first; scores are probabilities from 0 to 1. */
  ranking: { index: number; relevanceScore: number }[];
  /** Under `rerankit`: what the call cost, in tokens. */
  providerMetadata?: Record<string, Record<string, number>>;
  warnings: RerankingWarning[];
}

/** What the caller should know. */
export type RerankingWarning =
  | { type: 'unsupported' | 'compatibility'; feature: string; details: string }
  | { type: 'other'; message: string };
