import { RerankitError, show } from '../errors.ts';
import { isJsonObject, type JsonObject } from './json-file.ts';

/**
 * What turns the last hidden state into a score: the vocabulary's yes and no rows, or one trained row. `'none'` for an
 * embedder, of which the state itself is wanted.
 */
export type Qwen3Head = 'causal-lm' | 'sequence-classification' | 'none';

/** What a network is loaded for. */
export type NetworkUse = 'reranker' | 'embedder';

/** By use and architecture. An embedder may have been saved with the language model's head, which it does not use. */
const HEADS: Readonly<Record<NetworkUse, Readonly<Record<string, Qwen3Head>>>> = {
  reranker: { Qwen3ForCausalLM: 'causal-lm', Qwen3ForSequenceClassification: 'sequence-classification' },
  embedder: { Qwen3Model: 'none', Qwen3ForCausalLM: 'none' },
};

/** What one use makes of the other's architecture. */
const HINTS: Readonly<Record<NetworkUse, Readonly<Record<string, string>>>> = {
  reranker: { Qwen3Model: ' A bare Qwen3Model has no head to score with: it may be an embedding model.' },
  embedder: { Qwen3ForSequenceClassification: ' It is a reranker or another classifier: load it with Reranker.' },
};

/** The head that `architectures` asks for; a Qwen3 config without any is taken for a causal language model. */
export function headOf(json: JsonObject, path: string, use: NetworkUse): Qwen3Head {
  const architectures = json['architectures'];
  const first: unknown = Array.isArray(architectures) ? architectures[0] : (architectures ?? undefined);
  const name = first === undefined && json['model_type'] === 'qwen3' ? 'Qwen3ForCausalLM' : first;
  const heads = HEADS[use];
  const head = typeof name === 'string' && Object.hasOwn(heads, name) ? heads[name] : undefined;
  if (head !== undefined) return head;
  const hint = typeof name === 'string' && Object.hasOwn(HINTS[use], name) ? HINTS[use][name] : '';
  const asked = name === undefined ? `model type ${show(json['model_type'])}` : `architecture ${show(name)}`;
  throw unsupported(path, `the ${asked} is not supported; ${Object.keys(heads).join(' and ')} are.${hint}`);
}

/** Refuses every setting that would change the network in a way this library does not follow. */
export function checkSupported(json: JsonObject, path: string, head: Qwen3Head): void {
  const type = json['model_type'] ?? 'qwen3';
  if (type !== 'qwen3') throw unsupported(path, `model_type is ${show(type)}; only "qwen3" is supported.`);
  for (const [key, plain] of Object.entries(PLAIN)) {
    const value = json[key] ?? plain;
    if (value !== plain) throw unsupported(path, `${key} is ${show(value)}; only ${show(plain)} is supported.`);
  }
  const layerTypes = json['layer_types'] ?? [];
  const other = Array.isArray(layerTypes) ? layerTypes.find((layer) => layer !== 'full_attention') : layerTypes;
  if (other !== undefined) {
    throw unsupported(path, `layer_types has ${show(other)}; only "full_attention" is supported.`);
  }
  if (head === 'sequence-classification') checkLabels(json, path);
}

/** Settings that must have one value, which is also what they have when the file leaves them out. */
const PLAIN = {
  attention_bias: false,
  hidden_act: 'silu',
  use_sliding_window: false,
  // Some embedding models keep the Qwen3 name and let tokens see the text after them.
  use_bidirectional_attention: false,
  is_causal: true,
};

/** Configs state labels by number, by name, or not at all; then the shape of `score.weight` tells. */
function checkLabels(json: JsonObject, path: string): void {
  const names = json['id2label'];
  const labels = json['num_labels'] ?? (isJsonObject(names) ? Object.keys(names).length : 1);
  if (labels !== 1) {
    throw unsupported(path, `the classifier has ${show(labels)} labels; a reranker has 1 (num_labels or id2label).`);
  }
}

function unsupported(path: string, problem: string): RerankitError {
  return new RerankitError('MODEL_UNSUPPORTED', `${path}: ${problem}`);
}
