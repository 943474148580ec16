import { RerankitError, show } from '../errors.ts';
import { checkSupported, headOf, type NetworkUse, type Qwen3Head } from './config-support.ts';
import { type JsonObject, readJsonObject } from './json-file.ts';
import { type Quantization, readQuantization } from './quantization.ts';
import { readRopeTheta } from './rope.ts';

/** The shape of a Qwen3 network. Sizes count elements. */
export interface Qwen3Config {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Divides `heads`. */
  readonly kvHeads: number;
  /** Even. `heads * headDim` need not equal `hiddenSize`. */
  readonly headDim: number;
  readonly intermediateSize: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** The longest sequence the model knows, in tokens. */
  readonly maxPositions: number;
  /** Whether the head is the embedding matrix. Always true or false as the file says, whatever the weights hold. */
  readonly tiedEmbeddings: boolean;
  readonly head: Qwen3Head;
  /** How matrices are stored, if not as floating-point numbers. */
  readonly quantization: Quantization | undefined;
}

/** Reads and checks a `config.json`; see {@link parseConfig} for errors, and `MODEL_NOT_FOUND` if it cannot be read. */
export async function readConfig(path: string, use?: NetworkUse): Promise<Qwen3Config> {
  return parseConfig(await readJsonObject(path), path, use);
}

/**
 * Understands a transformers config, in the key style of version 4 or 5. What the file leaves out has the value that
 * transformers' `Qwen3Config` gives it. The type the weights were saved in is not looked at: the weights tell.
 * Throws `MODEL_UNSUPPORTED` for a network this library does not run, `MODEL_INVALID` for numbers that make none.
 */
export function parseConfig(json: JsonObject, path = 'config.json', use: NetworkUse = 'reranker'): Qwen3Config {
  const head = headOf(json, path, use);
  checkSupported(json, path, head);
  const size = (key: string, fallback: number, most = 2 ** 31 - 1) => readSize(json, key, fallback, most, path);
  const hiddenSize = size('hidden_size', 4096);
  const heads = size('num_attention_heads', 32, 65536);
  // An explicit null means something else than an absent key in both of these.
  const kvHeads = json['num_key_value_heads'] === null ? heads : size('num_key_value_heads', 32, 65536);
  const headDim = json['head_dim'] === null ? hiddenSize / heads : size('head_dim', 128, 65536);
  if (heads % kvHeads !== 0) {
    throw invalid(path, 'num_key_value_heads', kvHeads, `a divisor of num_attention_heads, ${heads}`);
  }
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) throw invalid(path, 'head_dim', headDim, 'an even number');
  return {
    vocabSize: size('vocab_size', 151936),
    hiddenSize,
    layers: size('num_hidden_layers', 32, 10_000),
    heads,
    kvHeads,
    headDim,
    intermediateSize: size('intermediate_size', 22016),
    rmsNormEps: readEps(json, path),
    ropeTheta: readRopeTheta(json, path),
    maxPositions: size('max_position_embeddings', 32768),
    tiedEmbeddings: readFlag(json, 'tie_word_embeddings', path),
    head,
    quantization: readQuantization(json, path),
  };
}

function readSize(json: JsonObject, key: string, fallback: number, most: number, path: string): number {
  const value = json[key] === undefined ? fallback : json[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most) {
    throw invalid(path, key, value, `an integer from 1 to ${most}`);
  }
  return value;
}

function readEps(json: JsonObject, path: string): number {
  const value = json['rms_norm_eps'] ?? 1e-6;
  if (typeof value !== 'number' || !(value > 0 && value < 1)) {
    throw invalid(path, 'rms_norm_eps', value, 'a number between 0 and 1');
  }
  return value;
}

function readFlag(json: JsonObject, key: string, path: string): boolean {
  const value = json[key] ?? false;
  if (typeof value !== 'boolean') throw invalid(path, key, value, 'true or false');
  return value;
}

function invalid(path: string, key: string, value: unknown, expected: string): RerankitError {
  return new RerankitError('MODEL_INVALID', `${path}: ${key} is ${show(value)}; expected ${expected}.`);
}
