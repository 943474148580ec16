import { RerankitError, show } from '../errors.ts';
import { type Checkpoint, checkTensors, readTensors } from './checkpoint.ts';
import { type Qwen3Config, readConfig } from './config.ts';
import { embeddingEvidence, isBareBackbone } from './embedding-model.ts';
import { type JsonObject, readJsonObject } from './json-file.ts';
import type { ModelDescription, ModelFiles } from './model-files.ts';
import type { TensorLocation, TensorMap } from './safetensors.ts';
import { readSentenceTransformers, type SentenceTransformersFacts } from './sentence-transformers.ts';

/** How a vector is made of a text's hidden states. */
export type Pooling = 'last-token';

/** What a model says goes before texts; `undefined` where it says nothing. */
export interface EmbedderPrompts {
  readonly query: string | undefined;
  readonly document: string | undefined;
}

/** An embedding model that has been checked. */
export interface EmbedderCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly prompts: EmbedderPrompts;
}

/** What a model of the sentence-transformers library may be made of, if its vectors are to be those of this library. */
const MODULES = /(?:^|\.)(?:Transformer|Pooling|Normalize)$/;

/** How `1_Pooling/config.json` says that the last token's state is the vector. */
const LAST_TOKEN = 'lasttoken';

/** Whether a model's files say that it embeds. */
export async function isEmbedder(files: ModelFiles): Promise<boolean> {
  return embeddingEvidence(files, await readSentenceTransformers(files.markers)) !== undefined;
}

/**
 * Checks an embedding model's files and finds its tensors, whose names have `model.` before them, whether they are saved so
 * or not. Reads configs and headers, no weights.
 * Rejects as `openCheckpoint` does: with `MODEL_UNSUPPORTED` for rerankers, for models that make vectors in another way,
 * and for those whose files do not say that they embed, unless `pooling` says how.
 */
export async function openEmbedder(files: ModelFiles, pooling: Pooling | undefined): Promise<EmbedderCheckpoint> {
  const { config, facts } = await describeEmbedder(files);
  const stored = await readTensors(files);
  if (stored.has('score.weight')) throw reranker(files, 'its weights have a score head, "score.weight"');
  const bare = isBareBackbone(stored);
  if (pooling === undefined && !bare && embeddingEvidence(files, facts) === undefined) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${files.id} does not say whether it is an embedding model: language models and rerankers are saved in the same way. ` +
        "If it was trained to embed, with the last token's state as vector, load it with pooling: 'last-token'.",
    );
  }
  const checkpoint = checkTensors(files, config, bare ? withModelNames(stored) : stored);
  return { checkpoint, prompts: promptsOf(facts.prompts, files) };
}

/** The part of {@link openEmbedder} that needs no weights. */
export async function describeEmbedder(
  model: ModelDescription,
): Promise<{ readonly config: Qwen3Config; readonly facts: SentenceTransformersFacts }> {
  const config = await readConfig(model.config, 'embedder');
  const facts = await readSentenceTransformers(model.markers);
  refuseByFiles(model, facts);
  if (model.markers.pooling !== undefined) checkPooling(await readJsonObject(model.markers.pooling), model);
  return { config, facts };
}

function refuseByFiles(files: ModelDescription, { modules, type }: SentenceTransformersFacts): void {
  if (type === 'CrossEncoder') throw reranker(files, `config_sentence_transformers.json says ${show(type)}`);
  if (files.markers.logitScore !== undefined) throw reranker(files, 'it has a 1_LogitScore/config.json');
  const other = modules.find((module) => !MODULES.test(module));
  if (other === undefined) return;
  if (/\.LogitScore$/.test(other)) throw reranker(files, `modules.json has the module ${show(other)}`);
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `${files.id} makes its vectors with the module ${show(other)} (modules.json); Transformer, Pooling and Normalize are ` +
      'supported.',
  );
}

/** The library writes a flag for each way of pooling, or one name. */
function checkPooling(json: JsonObject, files: ModelDescription): void {
  const flags = Object.entries(json).filter(([name, value]) => name.startsWith('pooling_mode_') && value === true);
  const named = json['pooling_mode'];
  const ways = [...flags.map(([name]) => name.slice('pooling_mode_'.length)), ...(named === undefined ? [] : [named])];
  if (ways.length === 1 && ways[0] === LAST_TOKEN) return;
  const what = ways.length === 0 ? 'in no way that it names' : `by ${ways.map(show).join(' and ')}`;
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `${files.id} pools ${what} (${files.markers.pooling}); only ${show(LAST_TOKEN)}, as in Qwen3-Embedding, is supported.`,
  );
}

/** Tensors under the names they have below a head. */
function withModelNames(tensors: TensorMap): TensorMap {
  const renamed = Array.from(tensors.values(), (location): [string, TensorLocation] => {
    const name = `model.${location.name}`;
    return [name, { ...location, name }];
  });
  return new Map(renamed);
}

function promptsOf(prompts: SentenceTransformersFacts['prompts'], files: ModelDescription): EmbedderPrompts {
  const prompt = (kind: 'query' | 'document'): string | undefined => {
    const value = Object.hasOwn(prompts, kind) ? prompts[kind] : undefined;
    if (value === undefined || typeof value === 'string') return value;
    throw new RerankitError(
      'MODEL_INVALID',
      `${files.markers.sentenceTransformers}: prompts.${kind} is ${show(value)}; expected a string.`,
    );
  };
  return { query: prompt('query'), document: prompt('document') };
}

function reranker(files: ModelDescription, evidence: string): RerankitError {
  return new RerankitError(
    'MODEL_UNSUPPORTED',
    `${files.id} is a reranker, not an embedding model: ${evidence}. ` +
      'Load it with Reranker, or load an embedding model of the family, such as "Qwen/Qwen3-Embedding-0.6B".',
  );
}
