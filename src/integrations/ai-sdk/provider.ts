import { RerankitError, show } from '../../errors.ts';
import type { Ranker } from '../ranker.ts';
import type { TextEmbedder } from '../text-embedder.ts';
import { embeddingModel } from './embedding-model.ts';
import type { EmbeddingModel } from './embedding-types.ts';
import { type JsonDocument, type RerankingModelOptions, rerankingModel } from './model.ts';
import type { RerankingModel, SpecificationVersion } from './types.ts';

/** A provider of the AI SDK that has reranking models and embedding models only. */
export interface RerankitProvider<Version extends SpecificationVersion = SpecificationVersion> {
  readonly specificationVersion: Version;
  /** Throws `MODEL_NOT_FOUND` unless there is one of this name. */
  rerankingModel(modelId: string): RerankingModel<Version>;
  /** Throws `MODEL_NOT_FOUND` unless there is one of this name. */
  embeddingModel(modelId: string): EmbeddingModel<Version>;
  /** Throws `MODEL_NOT_FOUND`. */
  languageModel(modelId: string): never;
  /** Throws `MODEL_NOT_FOUND`. */
  imageModel(modelId: string): never;
}

/** How to make a provider. */
export interface ProviderOptions<D, Version extends SpecificationVersion>
  extends Omit<RerankingModelOptions<D, Version>, 'modelId'> {
  /** Embedders by names of your own. The other options are for rerankers; calls have `providerOptions.rerankit`. */
  readonly embedders?: Readonly<Record<string, TextEmbedder>> | undefined;
}

/**
 * A provider with models for the AI SDK, by names of your own: `createRerankit({ small: reranker })` has
 * `rerankingModel('small')`, and with the option `embedders: { recall: embedder }` it has `embeddingModel('recall')`. Other
 * options are those of {@link rerankingModel}. Throws `INVALID_OPTION`.
 */
export function createRerankit<D extends object = JsonDocument, Version extends SpecificationVersion = 'v4'>(
  rerankers: Readonly<Record<string, Ranker>>,
  options: ProviderOptions<D, Version> = {},
): RerankitProvider<Version> {
  const { embedders = {}, ...own } = options;
  checkNames('rerankers', rerankers);
  checkNames('embedders', embedders);
  const { specificationVersion } = own;
  const rerankingModels = modelsOf(rerankers, (one, modelId) => rerankingModel(one, { ...own, modelId }));
  const embeddingModels = modelsOf(embedders, (one, modelId) => embeddingModel(one, { specificationVersion, modelId }));
  const names = [
    `the reranking models ${[...rerankingModels.keys()].join(', ')}`,
    ...(embeddingModels.size > 0 ? [`the embedding models ${[...embeddingModels.keys()].join(', ')}`] : []),
  ].join(' and ');
  const missing = (kind: string, modelId: string) =>
    new RerankitError('MODEL_NOT_FOUND', `There is no ${kind} ${show(modelId)}; there are ${names}.`);
  const refuse = (kind: string) => (modelId: string) => {
    throw missing(kind, modelId);
  };
  return {
    specificationVersion: specificationVersion ?? ('v4' as Version),
    rerankingModel(modelId) {
      const model = rerankingModels.get(modelId);
      if (model === undefined) throw missing('reranking model', modelId);
      return model;
    },
    embeddingModel(modelId) {
      const model = embeddingModels.get(modelId);
      if (model === undefined) throw missing('embedding model', modelId);
      return model;
    },
    languageModel: refuse('language model'),
    imageModel: refuse('image model'),
  };
}

function modelsOf<One, Model>(
  named: Readonly<Record<string, One>>,
  make: (one: One, modelId: string) => Model,
): Map<string, Model> {
  return new Map(Object.entries(named).map(([modelId, one]) => [modelId, make(one, modelId)]));
}

function checkNames(what: string, named: unknown): void {
  if (typeof named === 'object' && named !== null) return;
  throw new RerankitError('INVALID_INPUT', `createRerankit needs ${what} by name, not ${show(named)}.`);
}
