import { RerankitError, show } from '../../errors.ts';
import type { JsonObject } from '../json-file.ts';
import { type ModuleTest, patternTest } from './module-pattern.ts';

/** What PEFT targets in a Qwen3 network if the config does not say. */
const DEFAULT_TARGETS = ['q_proj', 'v_proj'];

/**
 * Which modules an adapter targets, by PEFT's rules: a list has whole names or ends of names from a dot on, a string is a
 * pattern for the whole name or `all-linear`; excluded modules and those that are saved whole are not targets.
 */
export async function readTargets(json: JsonObject, saved: readonly string[], path: string): Promise<ModuleTest> {
  const excluded = await readSelection(json, 'exclude_modules', [], path);
  const targets = await targetsOf(json, path);
  return (module) => !excluded(module) && !saved.some((name) => isWithin(module, name)) && targets(module);
}

async function targetsOf(json: JsonObject, path: string): Promise<ModuleTest> {
  const targets = json['target_modules'];
  // Only linear layers are asked for, and not the head.
  if (typeof targets === 'string' && targets.toLowerCase() === 'all-linear') return () => true;
  const selected = await readSelection(json, 'target_modules', DEFAULT_TARGETS, path);
  const layers = readLayers(json, path);
  if (layers === undefined) return selected;
  if (!Array.isArray(targets)) {
    throw new RerankitError('MODEL_INVALID', `${path}: layers_to_transform goes with a list of target_modules.`);
  }
  // A whole name means its module whatever the layers.
  return (module) => selected(module) && (targets.includes(module) || layers(module));
}

/** A list of names, or a pattern. */
async function readSelection(
  json: JsonObject,
  key: string,
  fallback: readonly string[],
  path: string,
): Promise<ModuleTest> {
  const value = json[key] ?? fallback;
  if (typeof value === 'string') return patternTest(value, { where: `${path}: ${key}` });
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    throw new RerankitError(
      'MODEL_INVALID',
      `${path}: ${key} is ${show(value)}; expected a list of module names, or a string.`,
    );
  }
  const names = new Set<string>(value);
  return (module) => endings(module).some((ending) => names.has(ending));
}

/** `a.b.c`, `b.c`, `c`. */
function endings(module: string): string[] {
  const parts = module.split('.');
  return parts.map((_, at) => parts.slice(at).join('.'));
}

/** Whether a module is called `name`, at the end of its path or of that of a module that it is part of. */
function isWithin(module: string, name: string): boolean {
  return `.${module}.`.includes(`.${name}.`);
}

/** The test of `layers_to_transform`; `undefined` if it is not set. */
function readLayers(json: JsonObject, path: string): ModuleTest | undefined {
  const value = json['layers_to_transform'] ?? [];
  const layers: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!layers.every((layer) => Number.isInteger(layer))) {
    throw new RerankitError(
      'MODEL_INVALID',
      `${path}: layers_to_transform is ${show(value)}; expected a layer's number, or a list of them.`,
    );
  }
  if (layers.length === 0) return undefined;
  const pattern = json['layers_pattern'] ?? [];
  const lists: readonly unknown[] = Array.isArray(pattern) ? pattern : [pattern];
  // All layers of the network are in one list, `model.layers`.
  const found = lists.length === 0 || lists.includes('layers') || lists.includes('');
  return (module) => found && layers.includes(Number(/\.layers\.(\d+)\./.exec(module)?.[1]));
}
