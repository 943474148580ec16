import { RerankitError, show } from '../errors.ts';
import { readJsonObject } from './json-file.ts';
import type { ModelDescription } from './model-files.ts';
import { readSentenceTransformers, type SentenceTransformersFacts } from './sentence-transformers.ts';

/**
 * What says that a model is made to embed, in a few words; `undefined` where nothing does. The sentence-transformers
 * library's files alone prove nothing: rerankers have them too since that library's version 5.4, with a LogitScore module
 * or with none.
 */
export function embeddingEvidence(
  { markers }: ModelDescription,
  { modules, type }: SentenceTransformersFacts,
): string | undefined {
  const found = modules.find((module) => /\.(Pooling|Normalize)$/.test(module));
  if (found !== undefined) return `modules.json has the module ${show(found)}`;
  if (markers.modules === undefined && markers.pooling !== undefined) return 'it has a 1_Pooling/config.json';
  if (type !== 'SentenceTransformer' && type !== 'SparseEncoder') return undefined;
  return `config_sentence_transformers.json says ${show(type)}`;
}

/**
 * Refuses models that are built like a reranker but trained for something else, of which Qwen3-Embedding is the nearest:
 * same architecture, same config.
 */
export async function refuseEmbeddingModel(files: ModelDescription): Promise<void> {
  const evidence = embeddingEvidence(files, await readSentenceTransformers(files.markers));
  if (evidence !== undefined) throw embedding(files, evidence);
  if (files.markers.logitScore !== undefined) await refuseOtherScores(files, files.markers.logitScore);
}

/** Whether weights are named as a bare backbone saves them: Qwen3-Embedding has no `model.` before its tensors' names. */
export function isBareBackbone(names: ReadonlyMap<string, unknown>): boolean {
  return names.has('embed_tokens.weight') && !names.has('model.embed_tokens.weight');
}

/** Refuses weights of a bare backbone, which has nothing to score with. */
export function refuseBareBackbone(files: ModelDescription, names: ReadonlyMap<string, unknown>): void {
  if (isBareBackbone(names)) {
    throw embedding(files, 'its tensors are those of a bare backbone, "embed_tokens.weight" and so on');
  }
}

/** Some rerankers read one token's logit instead of comparing yes with no. */
async function refuseOtherScores(files: ModelDescription, path: string): Promise<void> {
  const score = await readJsonObject(path);
  if (score['false_token_id'] === null) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${files.id} scores with the logit of one token, ${show(score['true_token_id'])} (${path}); ` +
        'only rerankers that compare "yes" with "no", as Qwen3-Reranker does, are supported.',
    );
  }
}

function embedding(files: ModelDescription, evidence: string): RerankitError {
  return new RerankitError(
    'MODEL_UNSUPPORTED',
    `${files.id} is an embedding model, not a reranker: ${evidence}. ` +
      'Load a reranker of the family instead, such as "Qwen/Qwen3-Reranker-0.6B"; to embed with this one, load it with the ' +
      'Embedder of rerankit/embedding.',
  );
}
