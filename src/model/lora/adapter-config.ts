import { RerankitError, show } from '../../errors.ts';
import { isJsonObject, type JsonObject, readJsonObject } from '../json-file.ts';
import { checkSettings } from './adapter-settings.ts';
import { type ModuleTest, patternTest } from './module-pattern.ts';
import { readTargets } from './target-modules.ts';

/** What PEFT takes where the file says nothing. */
const DEFAULT_RANK = 8;
const DEFAULT_ALPHA = 8;
const MAX_RANK = 65_536;

/** What an `adapter_config.json` says. */
export interface AdapterConfig {
  /** The base that it was trained on, as its author named it. */
  readonly base: string | undefined;
  /** Whether a module, such as `model.layers.0.self_attn.q_proj`, has matrices of low rank. */
  readonly targets: ModuleTest;
  /** Names, or ends of names, of modules that are saved whole. */
  readonly modulesToSave: readonly string[];
  readonly rankOf: (module: string) => number;
  /** What the product of a module's matrices is multiplied with. */
  readonly scalingOf: (module: string) => number;
}

/**
 * Reads the config of a LoRA adapter. The file is untrusted. Rejects with `MODEL_UNSUPPORTED` for settings that this
 * library does not follow, each by name, `MODEL_INVALID` for values that make no sense.
 */
export async function readAdapterConfig(path: string): Promise<AdapterConfig> {
  const json = await readJsonObject(path);
  checkSettings(json, path);
  const rank = readRank(json['r'] ?? DEFAULT_RANK, 'r', path);
  const alpha = readAlpha(json['lora_alpha'] ?? DEFAULT_ALPHA, 'lora_alpha', path);
  const ranks = await readPatterns(json, 'rank_pattern', readRank, path);
  const alphas = await readPatterns(json, 'alpha_pattern', readAlpha, path);
  const rsLora = readFlag(json, 'use_rslora', path);
  const modulesToSave = readNames(json, 'modules_to_save', path);
  const rankOf = (module: string) => ranks(module) ?? rank;
  return {
    base: typeof json['base_model_name_or_path'] === 'string' ? json['base_model_name_or_path'] : undefined,
    targets: await readTargets(json, modulesToSave, path),
    modulesToSave,
    rankOf,
    scalingOf: (module) => (alphas(module) ?? alpha) / (rsLora ? Math.sqrt(rankOf(module)) : rankOf(module)),
  };
}

function readRank(value: unknown, key: string, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_RANK) return value;
  throw invalid(path, key, value, `an integer from 1 to ${MAX_RANK}`);
}

function readAlpha(value: unknown, key: string, path: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(path, key, value, 'a number');
}

function readFlag(json: JsonObject, key: string, path: string): boolean {
  const value = json[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(path, key, value, 'true or false');
}

/** Module names; letters, digits, `_` and dots. */
function readNames(json: JsonObject, key: string, path: string): readonly string[] {
  const value = json[key] ?? [];
  if (Array.isArray(value) && value.every((name) => typeof name === 'string' && /^[\w.]+$/.test(name))) return value;
  throw invalid(path, key, value, 'a list of module names');
}

/** The value of the first pattern that a module's name ends with, after a dot or as a whole. */
async function readPatterns(
  json: JsonObject,
  key: string,
  check: (value: unknown, key: string, path: string) => number,
  path: string,
): Promise<(module: string) => number | undefined> {
  const value = json[key] ?? {};
  if (!isJsonObject(value)) throw invalid(path, key, value, 'an object of names and numbers');
  const patterns: { readonly test: ModuleTest; readonly value: number }[] = [];
  for (const [pattern, number] of Object.entries(value)) {
    const test = await patternTest(pattern, { where: `${path}: ${key}`, ending: true });
    patterns.push({ test, value: check(number, `${key}[${show(pattern)}]`, path) });
  }
  return (module) => patterns.find(({ test }) => test(module))?.value;
}

function invalid(path: string, key: string, value: unknown, expected: string): RerankitError {
  return new RerankitError('MODEL_INVALID', `${path}: ${key} is ${show(value)}; expected ${expected}.`);
}
