import type { OnnxFile } from './onnx/onnx-file.ts';

/** Where a model's files lie on this machine. Every path is absolute. */
export interface ModelFiles {
  readonly kind: 'embedded' | 'directory' | 'hub';
  /** What to call the model: `embedded`, the directory's absolute path, or the Hub's `owner/name`. */
  readonly id: string;
  /** The commit the files belong to: 40 hexadecimal digits. Only for the Hub. */
  readonly revision?: string;
  readonly directory: string;
  readonly config: string;
  readonly tokenizer: string;
  readonly tokenizerConfig?: string;
  /** The ONNX export to load instead of safetensors. */
  readonly onnx?: OnnxFile;
  /** The safetensors files: one, or all the shards that `index` names; none beside an export. */
  readonly weights: readonly string[];
  /** `model.safetensors.index.json`, when the weights are sharded. */
  readonly index?: string;
  /** Small files of the sentence-transformers library, which tell embedding models from rerankers. */
  readonly markers: ModelMarkers;
}

/** What a model says of itself, in small files. */
export type ModelDescription = Pick<ModelFiles, 'id' | 'config' | 'markers'>;

/** See {@link ModelFiles.markers}; a file that is absent has no key. */
export interface ModelMarkers {
  /** `modules.json`: the modules a sentence-transformers model is made of. */
  readonly modules?: string;
  /** `config_sentence_transformers.json`: newer releases say `SentenceTransformer` or `CrossEncoder` there. */
  readonly sentenceTransformers?: string;
  /** `1_Pooling/config.json`: only embedding models pool. */
  readonly pooling?: string;
  /** `1_LogitScore/config.json`: which tokens' logits a generative reranker compares. */
  readonly logitScore?: string;
}

/** Names of the files inside a repository or directory. */
export const FILE = {
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  weights: 'model.safetensors',
  index: 'model.safetensors.index.json',
  modules: 'modules.json',
  sentenceTransformers: 'config_sentence_transformers.json',
  pooling: '1_Pooling/config.json',
  logitScore: '1_LogitScore/config.json',
} as const;

/** The names in {@link FILE} of {@link ModelMarkers}. */
export const MARKERS = ['modules', 'sentenceTransformers', 'pooling', 'logitScore'] as const;

/** Files that are never read: their presence explains why the ones that are needed are missing. */
const EXPLAINS = {
  adapter: 'adapter_config.json',
  pickle: 'pytorch_model.bin',
  pickleIndex: 'pytorch_model.bin.index.json',
} as const;

/** Every name whose presence matters to {@link chooseFiles}. */
export const FILES_TO_LOOK_FOR: readonly string[] = [...Object.values(FILE), ...Object.values(EXPLAINS)];

export function hasSafetensors(present: ReadonlySet<string>): boolean {
  return present.has(FILE.weights) || present.has(FILE.index);
}

/**
 * What is missing from a model, and why that may be; `undefined` when all that is needed is there.
 * @param safetensors whether they are needed
 */
export function missingFile(
  present: ReadonlySet<string>,
  safetensors = true,
): { readonly name: string; readonly hint: string } | undefined {
  if (safetensors && !hasSafetensors(present)) {
    const name = `${FILE.weights} (or ${FILE.index})`;
    if (present.has(EXPLAINS.adapter)) {
      return { name, hint: 'It is a LoRA adapter: load its base model, and name this folder in the option adapters.' };
    }
    if (present.has(EXPLAINS.pickle) || present.has(EXPLAINS.pickleIndex)) {
      return { name, hint: 'It has PyTorch pickle weights: save it again with safe_serialization.' };
    }
    return {
      name,
      hint: 'The weights must be in safetensors form, under these names, or an export such as onnx/model.onnx.',
    };
  }
  if (!present.has(FILE.config)) return { name: FILE.config, hint: 'Copy it from the original model.' };
  if (!present.has(FILE.tokenizer)) {
    return { name: FILE.tokenizer, hint: "Save the model's fast tokenizer beside the weights." };
  }
  return undefined;
}

/** The files to read among those present. One file of weights is preferred to shards, as transformers does. */
export function chooseFiles(present: ReadonlySet<string>): {
  readonly files: readonly string[];
  readonly sharded: boolean;
} {
  const sharded = !present.has(FILE.weights);
  const unused = sharded ? FILE.weights : FILE.index;
  return { files: Object.values(FILE).filter((name) => name !== unused && present.has(name)), sharded };
}
