import { RerankitError, show } from '../../errors.ts';
import type { Ranker } from '../ranker.ts';
import { type JsonDocument, type RerankingModelOptions, rerankingModel } from './model.ts';
import type { RerankitProvider, SpecificationVersion } from './types.ts';

/**
 * A provider with models for the `rerank` of the AI SDK, by names of your own: `createRerankit({ small: reranker })` has
 * `rerankingModel('small')`. Options are those of {@link rerankingModel}. Throws `INVALID_OPTION`.
 */
export function createRerankit<D extends object = JsonDocument, Version extends SpecificationVersion = 'v4'>(
  rerankers: Readonly<Record<string, Ranker>>,
  options: Omit<RerankingModelOptions<D, Version>, 'modelId'> = {},
): RerankitProvider<Version> {
  if (typeof rerankers !== 'object' || rerankers === null) {
    throw new RerankitError('INVALID_INPUT', `createRerankit needs rerankers by name, not ${show(rerankers)}.`);
  }
  const models = new Map(
    Object.entries(rerankers).map(([modelId, reranker]) => [
      modelId,
      rerankingModel(reranker, { ...options, modelId }),
    ]),
  );
  const names = [...models.keys()].join(', ');
  const missing = (kind: string, modelId: string) =>
    new RerankitError(
      'MODEL_NOT_FOUND',
      `There is no ${kind} ${show(modelId)}; there are the reranking models ${names}.`,
    );
  const refuse = (kind: string) => (modelId: string) => {
    throw missing(kind, modelId);
  };
  return {
    specificationVersion: options.specificationVersion ?? ('v4' as Version),
    rerankingModel(modelId) {
      const model = models.get(modelId);
      if (model === undefined) throw missing('reranking model', modelId);
      return model;
    },
    languageModel: refuse('language model'),
    embeddingModel: refuse('embedding model'),
    imageModel: refuse('image model'),
  };
}
