import { RerankitError, show } from '../errors.ts';
import { isJsonObject, type JsonObject } from './json-file.ts';

/** What transformers takes when the config names no base. */
const DEFAULT_THETA = 10_000;

/**
 * The base of the rotary embedding. Version 5 of transformers keeps it in `rope_parameters`; older configs have
 * `rope_theta`, and `rope_scaling` for variants. Only the plain variant is run: scores from another one would be wrong
 * without anybody noticing, so each is refused by name.
 */
export function readRopeTheta(json: JsonObject, path: string): number {
  const key = json['rope_parameters'] == null ? 'rope_scaling' : 'rope_parameters';
  const parameters = json[key] ?? {};
  if (!isJsonObject(parameters)) {
    throw new RerankitError('MODEL_INVALID', `${path}: ${key} is ${show(parameters)}; expected an object or null.`);
  }
  checkPlain(parameters, key, path);
  const theta = parameters['rope_theta'] ?? json['rope_theta'] ?? DEFAULT_THETA;
  if (typeof theta !== 'number' || !Number.isFinite(theta) || theta <= 0) {
    throw new RerankitError('MODEL_INVALID', `${path}: rope_theta is ${show(theta)}; expected a positive number.`);
  }
  return theta;
}

function checkPlain(parameters: JsonObject, key: string, path: string): void {
  const type = parameters['rope_type'] ?? parameters['type'] ?? 'default';
  if (type !== 'default') {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${path}: ${key} asks for the RoPE type ${show(type)}; only "default" is supported. ` +
        `Without ${key} the model runs up to its max_position_embeddings.`,
    );
  }
  const partial = parameters['partial_rotary_factor'] ?? 1;
  if (partial !== 1) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${path}: ${key}.partial_rotary_factor is ${show(partial)}; only 1 is supported.`,
    );
  }
  const nested = Object.keys(parameters).find((name) => isJsonObject(parameters[name]));
  if (nested !== undefined) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${path}: ${key} has settings of its own for ${show(nested)}; only one for all layers is supported.`,
    );
  }
}
