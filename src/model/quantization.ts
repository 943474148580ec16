import { RerankitError, show } from '../errors.ts';
import { isJsonObject, type JsonObject } from './json-file.ts';

/**
 * How matrices may be stored in fewer bits: as `compressed-tensors` writes `int-quantized` weights of 8 bits, symmetric,
 * one scale a row. The values are I8 in `x.weight`, the scales in `x.weight_scale`; the product of both is the weight.
 */
export type Quantization = 'int8-rows';

/** What each setting of a scheme must be, `undefined` meaning absent or null. */
const INT8_ROWS = { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel', group_size: undefined };

/**
 * Reads `quantization_config`; `undefined` without one. Throws `MODEL_UNSUPPORTED` for every scheme but
 * {@link Quantization}.
 */
export function readQuantization(json: JsonObject, path: string): Quantization | undefined {
  const config = json['quantization_config'] ?? undefined;
  if (config === undefined) return undefined;
  const method = isJsonObject(config) ? config['quant_method'] : config;
  const problem =
    isJsonObject(config) && method === 'compressed-tensors' ? differences(config) : `quant_method is ${show(method)}`;
  if (problem === undefined) return 'int8-rows';
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `${path}: the weights are quantized in a way that is not supported (quantization_config: ${problem}). ` +
      'Use the original checkpoint in bf16, fp16 or fp32, or compressed-tensors with 8-bit symmetric weights by channel.',
  );
}

/** What keeps a `compressed-tensors` config from being the one scheme. */
function differences(config: JsonObject): string | undefined {
  if (config['format'] !== 'int-quantized') return `format is ${show(config['format'])}`;
  for (const key of ['transform_config', 'kv_cache_scheme', 'sparsity_config']) {
    if (isSet(config[key])) return `${key} is set`;
  }
  const groups = Object.values(isJsonObject(config['config_groups']) ? config['config_groups'] : {});
  if (groups.length === 0) return 'config_groups is empty';
  for (const group of groups) {
    const weights = isJsonObject(group) ? group['weights'] : undefined;
    if (!isJsonObject(group) || !isJsonObject(weights)) return 'a group has no weights';
    for (const key of ['input_activations', 'output_activations']) {
      if (isSet(group[key])) return `${key} is set`;
    }
    for (const [key, expected] of Object.entries(INT8_ROWS)) {
      const value = weights[key] ?? undefined;
      if (value !== expected) return `weights.${key} is ${show(value)}`;
    }
  }
  return undefined;
}

/** Whether a setting says anything: writers leave out what is unused, or set it to null or {}. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && !(isJsonObject(value) && Object.keys(value).length === 0);
}

/** Name of the tensor that holds the scales of the rows of `name`. */
export function scaleName(name: string): string {
  return `${name}_scale`;
}
