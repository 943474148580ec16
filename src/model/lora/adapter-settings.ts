import { RerankitError, show } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../json-file.ts';

/** Settings that are read elsewhere, or say nothing about the weights. */
const KNOWN = new Set([
  'alpha_pattern',
  'auto_mapping',
  'base_model_name_or_path',
  'ensure_weight_tying',
  'eva_config',
  'exclude_modules',
  'inference_mode',
  'layers_pattern',
  'layers_to_transform',
  'lora_alpha',
  'lora_dropout',
  'megatron_core',
  'modules_to_save',
  'peft_version',
  'qalora_group_size',
  'r',
  'rank_pattern',
  'revision',
  'target_modules',
  'task_type',
  'use_rslora',
]);

/** Ways to begin training that leave the base as it is. With others (PiSSA, OLoRA, LoftQ, CorDA) the adapter is for another base. */
const PLAIN_STARTS: readonly unknown[] = [true, false, null, undefined, 'gaussian', 'eva', 'orthogonal'];

/**
 * Refuses adapters of other kinds than LoRA, and every setting that would change what the weights mean in a way this
 * library does not follow, or does not know. Throws `MODEL_UNSUPPORTED`.
 */
export function checkSettings(json: JsonObject, path: string): void {
  const { peft_type: type, bias, init_lora_weights: start, ...others } = json;
  if (type !== 'LORA') throw unsupported(path, `peft_type is ${show(type)}; only "LORA" is supported.`);
  if (isSet(bias) && bias !== 'none') throw unsupported(path, `bias is ${show(bias)}; only "none" is supported.`);
  if (!PLAIN_STARTS.includes(start)) {
    throw unsupported(
      path,
      `init_lora_weights is ${show(start)}, which changes the base before training; convert the adapter to plain LoRA ` +
        "(PEFT's save_pretrained with path_initial_model_for_weight_conversion).",
    );
  }
  for (const [key, value] of Object.entries(others)) {
    if (KNOWN.has(key) || !isSet(value)) continue;
    throw unsupported(
      path,
      `${key} is ${show(value)}, which is not supported: merge the adapter with PEFT, and load the merged model.`,
    );
  }
}

/** Whether a setting says anything: writers leave out what is unused, or set it to null, false, [] or {}. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== false;
}

function unsupported(path: string, problem: string): RerankitError {
  return new RerankitError('MODEL_UNSUPPORTED', `${path}: ${problem}`);
}
