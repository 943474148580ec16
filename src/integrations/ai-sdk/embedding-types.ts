import type { RerankingWarning, SpecificationVersion } from './types.ts';

/** An embedding model of the AI SDK. */
export interface EmbeddingModel<Version extends SpecificationVersion = SpecificationVersion> {
  readonly specificationVersion: Version;
  readonly provider: string;
  readonly modelId: string;
  /** `undefined`: there is no limit. */
  readonly maxEmbeddingsPerCall: undefined;
  readonly supportsParallelCalls: boolean;
  /** What the AI SDK's `embed` and `embedMany` call. Rejects as `Embedder.embedDocuments` does. */
  doEmbed(options: EmbeddingCall): Promise<EmbeddingAnswer>;
}

/** A call of the AI SDK. */
export interface EmbeddingCall {
  readonly values: readonly string[];
  readonly abortSignal?: AbortSignal | undefined;
  /** `{ rerankit: { inputType, instruction, dimensions, priority } }`, each of them optional. */
  readonly providerOptions?: Readonly<Record<string, object>> | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The answer. */
export interface EmbeddingAnswer {
  /** One vector of length 1 a value, in the order of the call. */
  embeddings: number[][];
  usage?: { tokens: number };
  /** Under `rerankit`: what the call cost, in tokens. */
  providerMetadata?: Record<string, Record<string, number>>;
  warnings: RerankingWarning[];
}
