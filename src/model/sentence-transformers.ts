import { isJsonObject, readJson, readJsonObject } from './json-file.ts';
import type { ModelMarkers } from './model-files.ts';

/** What the files of the sentence-transformers library say of a model. */
export interface SentenceTransformersFacts {
  /** Types of the modules it is made of, in order; none where there is no `modules.json`. */
  readonly modules: readonly string[];
  /** What newer releases say it is: `SentenceTransformer`, `CrossEncoder`, `SparseEncoder`. */
  readonly type: unknown;
  /** Texts that go before texts of a kind, by the kind's name. */
  readonly prompts: Readonly<Record<string, unknown>>;
}

/** Reads the library's files. Rejects with `MODEL_INVALID` for what is not JSON. */
export async function readSentenceTransformers({
  modules,
  sentenceTransformers,
}: ModelMarkers): Promise<SentenceTransformersFacts> {
  const list: unknown = modules === undefined ? [] : await readJson(modules);
  const config = sentenceTransformers === undefined ? {} : await readJsonObject(sentenceTransformers);
  const prompts = config['prompts'];
  return {
    modules: (Array.isArray(list) ? list : []).map((module: unknown) =>
      isJsonObject(module) ? String(module['type']) : '',
    ),
    type: config['model_type'],
    prompts: isJsonObject(prompts) ? prompts : {},
  };
}
