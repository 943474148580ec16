import { RerankitError, show } from '../errors.ts';
import { isJsonObject, type JsonObject } from './json-file.ts';

/**
 * How matrices may be stored in fewer bits, as `compressed-tensors` writes them; the product of values and scales is the
 * weight.
 */
export type Quantization =
  /** `int-quantized`: 8 bits, symmetric, one scale a row. Values are I8 in `x.weight`, scales in `x.weight_scale`. */
  | { readonly kind: 'int8-rows' }
  /**
   * `pack-quantized`: 4 bits, symmetric, one scale for each `group` of neighbours in a row. Values are packed eight to an
   * I32 in `x.weight_packed`, the first in the lowest bits, 8 meaning zero; scales are in `x.weight_scale`.
   */
  | { readonly kind: 'int4-groups'; readonly group: number };

/** Groups that ONNX Runtime has kernels for. */
const GROUPS = [16, 32, 64, 128];

/**
 * Reads `quantization_config`; `undefined` without one. Throws `MODEL_UNSUPPORTED` for every scheme but those of
 * {@link Quantization}.
 */
export function readQuantization(json: JsonObject, path: string): Quantization | undefined {
  const config = json['quantization_config'] ?? undefined;
  if (config === undefined) return undefined;
  const method = isJsonObject(config) ? config['quant_method'] : config;
  const read =
    isJsonObject(config) && method === 'compressed-tensors' ? readScheme(config) : `quant_method is ${show(method)}`;
  if (typeof read !== 'string') return read;
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `${path}: the weights are quantized in a way that is not supported (quantization_config: ${read}). Use the ` +
      'original checkpoint in bf16, fp16 or fp32, or compressed-tensors with symmetric weights of 8 bits by channel or ' +
      '4 bits by group.',
  );
}

/** The scheme, or what is wrong with it. */
function readScheme(config: JsonObject): Quantization | string {
  for (const key of ['transform_config', 'kv_cache_scheme', 'sparsity_config']) {
    if (isSet(config[key])) return `${key} is set`;
  }
  const groups = Object.values(isJsonObject(config['config_groups']) ? config['config_groups'] : {});
  const [first] = groups;
  if (first === undefined) return 'config_groups is empty';
  const { format } = config;
  if (format === 'int-quantized') {
    const expected = { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel', group_size: undefined };
    return differences(groups, expected) ?? { kind: 'int8-rows' };
  }
  if (format === 'pack-quantized') {
    const weights = isJsonObject(first) ? first['weights'] : undefined;
    const group = isJsonObject(weights) ? weights['group_size'] : undefined;
    if (typeof group !== 'number' || !GROUPS.includes(group)) return `weights.group_size is ${show(group)}`;
    const expected = { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: group };
    return differences(groups, expected) ?? { kind: 'int4-groups', group };
  }
  return `format is ${show(format)}`;
}

/** What keeps the groups from being what is expected, `undefined` meaning absent or null. */
function differences(groups: readonly unknown[], expected: Readonly<Record<string, unknown>>): string | undefined {
  for (const group of groups) {
    const weights = isJsonObject(group) ? group['weights'] : undefined;
    if (!isJsonObject(group) || !isJsonObject(weights)) return 'a group has no weights';
    for (const key of ['input_activations', 'output_activations']) {
      if (isSet(group[key])) return `${key} is set`;
    }
    for (const [key, wanted] of Object.entries(expected)) {
      const value = weights[key] ?? undefined;
      if (value !== wanted) return `weights.${key} is ${show(value)}`;
    }
    if (isSet(weights['actorder'])) return `weights.actorder is ${show(weights['actorder'])}`;
  }
  return undefined;
}

/** Whether a setting says anything: writers leave out what is unused, or set it to null or {}. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && !(isJsonObject(value) && Object.keys(value).length === 0);
}

/** Name of the tensor that holds the scales of `name`. */
export function scaleName(name: string): string {
  return `${name}_scale`;
}

/** Name of the tensor that holds the packed 4-bit values of `name`. */
export function packedName(name: string): string {
  return `${name}_packed`;
}
