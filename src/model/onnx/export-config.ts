import { RerankitError, show } from '../../errors.ts';
import { isJsonObject, type JsonObject, readJsonObject } from '../json-file.ts';

/** What a model is, as far as scoring goes. */
export type ModelKind = 'qwen3' | 'cross-encoder';

/** What the config.json beside an export says. */
export interface ExportConfig {
  /** Qwen3-Reranker answers a prompt with an instruction; a cross-encoder scores a pair of texts. */
  readonly kind: ModelKind;
  readonly vocabSize: number | undefined;
  /** The longest sequence the model knows, in tokens. */
  readonly maxPositions: number | undefined;
  readonly padId: number | undefined;
  /** The position id of the first token. */
  readonly firstPosition: number;
  /** Of caches that the export takes, where its inputs do not say. */
  readonly kvHeads: number | undefined;
  readonly headDim: number | undefined;
}

/** Models that number their positions from the padding token's id on. */
const OFFSET_POSITIONS =
  /^(?:roberta|xlm-roberta|xlm-roberta-xl|camembert|mpnet|longformer|ibert|data2vec-text|xmod|roberta-prelayernorm)$/;

/**
 * Reads the config.json beside an export.
 * Rejects with `MODEL_UNSUPPORTED` for models that are no reranker this library can run, `MODEL_INVALID` for damaged ones.
 */
export async function readExportConfig(path: string): Promise<ExportConfig> {
  const json = await readJsonObject(path);
  const kind = kindOf(json, path);
  const positions = size(json, 'max_position_embeddings', path) ?? size(json, 'n_positions', path);
  const padId = index(json, 'pad_token_id', path);
  const offset = OFFSET_POSITIONS.test(String(json['model_type'])) ? (padId ?? 1) + 1 : 0;
  const heads = size(json, 'num_attention_heads', path);
  const hidden = size(json, 'hidden_size', path);
  return {
    kind,
    vocabSize: size(json, 'vocab_size', path),
    maxPositions: positions === undefined ? undefined : Math.max(1, positions - offset),
    padId,
    firstPosition: offset,
    kvHeads: size(json, 'num_key_value_heads', path) ?? heads,
    headDim: size(json, 'head_dim', path) ?? (heads && hidden && hidden / heads),
  };
}

function kindOf(json: JsonObject, path: string): ModelKind {
  const type = json['model_type'];
  const list = json['architectures'];
  const name: unknown = Array.isArray(list) ? list[0] : undefined;
  if (type === 'qwen3') {
    if (name === undefined || name === 'Qwen3ForCausalLM' || name === 'Qwen3ForSequenceClassification') return 'qwen3';
    throw unsupported(path, name, 'of Qwen3, causal language models and sequence classifiers are supported');
  }
  if (name !== undefined && (typeof name !== 'string' || !name.endsWith('ForSequenceClassification'))) {
    throw unsupported(path, name, 'exports of Qwen3-Reranker and of sequence classifiers are supported');
  }
  checkLabels(json, path);
  return 'cross-encoder';
}

/** Configs name the labels or count them; where they do neither, the export's output tells. */
function checkLabels(json: JsonObject, path: string): void {
  const names = json['id2label'];
  const labels = json['num_labels'] ?? (isJsonObject(names) ? Object.keys(names).length : 1);
  if (labels === 1 || labels === 2) return;
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `${path}: the classifier has ${show(labels)} labels; a reranker has 1 or 2 (num_labels or id2label).`,
  );
}

function size(json: JsonObject, key: string, path: string): number | undefined {
  const value = index(json, key, path);
  if (value !== 0) return value;
  throw invalid(path, key, value, 'an integer of at least 1');
}

function index(json: JsonObject, key: string, path: string): number | undefined {
  const value = json[key] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  // Some models have no limit, or no padding, and say so with -1.
  if (value === -1) return undefined;
  throw invalid(path, key, value, 'an integer from 0 to 2147483647');
}

function invalid(path: string, key: string, value: unknown, expected: string): RerankitError {
  return new RerankitError('MODEL_INVALID', `${path}: ${key} is ${show(value)}; expected ${expected}.`);
}

function unsupported(path: string, name: unknown, supported: string): RerankitError {
  return new RerankitError(
    'MODEL_UNSUPPORTED',
    `${path}: the architecture ${show(name)} is not supported; ${supported}.`,
  );
}
