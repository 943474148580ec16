import { RerankitError, show } from '../errors.ts';
import { isJsonObject, readJson, readJsonObject } from './json-file.ts';
import type { ModelFiles } from './model-files.ts';

/**
 * Refuses models that are built like a reranker but trained for something else, of which Qwen3-Embedding is the nearest:
 * same architecture, same config. Its repositories carry the sentence-transformers library's files with a Pooling
 * module. Those files alone prove nothing: rerankers have them too since that library's version 5.4, with a LogitScore
 * module or with none.
 */
export async function refuseEmbeddingModel(files: ModelFiles): Promise<void> {
  const { modules, sentenceTransformers, pooling, logitScore } = files.markers;
  if (modules !== undefined) {
    const found = moduleTypes(await readJson(modules)).find((type) => /\.(Pooling|Normalize)$/.test(type));
    if (found !== undefined) throw embedding(files, `modules.json has the module ${show(found)}`);
  } else if (pooling !== undefined) {
    throw embedding(files, 'it has a 1_Pooling/config.json');
  }
  if (sentenceTransformers !== undefined) {
    const type = (await readJsonObject(sentenceTransformers))['model_type'];
    if (type === 'SentenceTransformer' || type === 'SparseEncoder') {
      throw embedding(files, `config_sentence_transformers.json says ${show(type)}`);
    }
  }
  if (logitScore !== undefined) await refuseOtherScores(files, logitScore);
}

/** Refuses weights named as a bare backbone saves them: Qwen3-Embedding has no `model.` before its tensors' names. */
export function refuseBareBackbone(files: ModelFiles, names: ReadonlyMap<string, unknown>): void {
  if (names.has('embed_tokens.weight') && !names.has('model.embed_tokens.weight')) {
    throw embedding(files, 'its tensors are those of a bare backbone, "embed_tokens.weight" and so on');
  }
}

/** Some rerankers read one token's logit instead of comparing yes with no. */
async function refuseOtherScores(files: ModelFiles, path: string): Promise<void> {
  const score = await readJsonObject(path);
  if (score['false_token_id'] === null) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${files.id} scores with the logit of one token, ${show(score['true_token_id'])} (${path}); ` +
        'only rerankers that compare "yes" with "no", as Qwen3-Reranker does, are supported.',
    );
  }
}

function moduleTypes(modules: unknown): string[] {
  const list = Array.isArray(modules) ? modules : [];
  return list.map((module: unknown) => (isJsonObject(module) ? String(module['type']) : ''));
}

function embedding(files: ModelFiles, evidence: string): RerankitError {
  return new RerankitError(
    'MODEL_UNSUPPORTED',
    `${files.id} is an embedding model, not a reranker: ${evidence}. ` +
      'Load a reranker of the family instead, such as "Qwen/Qwen3-Reranker-0.6B".',
  );
}
