import { RerankitError, show } from '../../errors.ts';
import type { Qwen3Config } from '../config.ts';
import { isLinear, networkTensors } from '../network-tensors.ts';
import type { TensorLocation, TensorMap } from '../safetensors.ts';
import type { LowRankUpdate } from './adapter.ts';
import type { AdapterConfig } from './adapter-config.ts';

/** The base's names follow this in an adapter's file: they are those of the model inside PEFT's. */
export const PREFIX = 'base_model.model.';

/** Types that adapters are saved in. */
const FLOATS: readonly TensorLocation['dtype'][] = ['F32', 'F16', 'BF16'];

export interface AdapterTensors {
  readonly path: string;
  readonly config: AdapterConfig;
  /** What the file holds, by the file's own names. */
  readonly stored: TensorMap;
  readonly scale: number;
}

export interface MatchedTensors {
  readonly updates: ReadonlyMap<string, LowRankUpdate>;
  readonly replaced: TensorMap;
}

/** Whether a module is saved whole: `names` are ends of its name, or of that of a module around it. */
export function isSaved(module: string, names: readonly string[]): boolean {
  const parts = module.split('.');
  return parts.some((_, at) =>
    names.some((name) =>
      parts
        .slice(0, at + 1)
        .join('.')
        .endsWith(name),
    ),
  );
}

/**
 * Finds what an adapter's config calls for in its file, for the network of `base`. Throws `MODEL_INVALID` for a tensor
 * that is missing, has another shape, or that neither config nor base know; `MODEL_UNSUPPORTED` for kinds that are not
 * merged.
 */
export function matchTensors(adapter: AdapterTensors, base: Qwen3Config): MatchedTensors {
  const { config, scale, stored } = adapter;
  refuseTiedParts(adapter, base);
  const updates = new Map<string, LowRankUpdate>();
  const replaced = new Map<string, TensorLocation>();
  const taken = new Set<string>();
  const take = (name: string, shape: readonly number[]): TensorLocation => {
    taken.add(PREFIX + name);
    return checked(adapter, PREFIX + name, shape);
  };
  for (const [name, shape] of networkTensors(base)) {
    const module = name.replace(/\.weight$/, '');
    const [outputs = 0, inputs = 0] = shape;
    if (isLinear(name) && config.targets(module)) {
      const rank = config.rankOf(module);
      const down = take(`${module}.lora_A.weight`, [rank, inputs]);
      const up = take(`${module}.lora_B.weight`, [outputs, rank]);
      updates.set(name, { down, up, scaling: scale * config.scalingOf(module) });
    } else if (isSaved(module, config.modulesToSave)) {
      replaced.set(name, { ...take(name, shape), name });
    }
  }
  for (const name of stored.keys()) if (!taken.has(name)) throw unknown(adapter, base, name);
  if (taken.size === 0) throw invalid(adapter, 'it changes nothing of this model');
  return { updates, replaced };
}

function checked(adapter: AdapterTensors, name: string, shape: readonly number[]): TensorLocation {
  const { stored } = adapter;
  const found = stored.get(name);
  const expected = `expected ${show(name)} of shape [${shape.join(', ')}]`;
  if (found === undefined) {
    const bare = stored.has(name.replace(`${PREFIX}model.`, PREFIX));
    const hint = bare ? ' It was trained on a bare backbone (AutoModel), and names its tensors accordingly.' : '';
    throw invalid(adapter, `${expected}, found none of that name.${hint}`);
  }
  if (found.shape.length !== shape.length || found.shape.some((size, axis) => size !== shape[axis])) {
    throw invalid(adapter, `${expected}, found [${found.shape.join(', ')}]`);
  }
  if (!FLOATS.includes(found.dtype)) {
    throw unsupported(adapter, `tensor ${show(name)} has type ${found.dtype}; expected ${FLOATS.join(', ')}`);
  }
  return found;
}

/** Where the head is the embedding, training one of them parts the two. */
function refuseTiedParts(adapter: AdapterTensors, base: Qwen3Config): void {
  if (base.head !== 'causal-lm' || !base.tiedEmbeddings) return;
  for (const name of ['model.embed_tokens.weight', 'lm_head.weight']) {
    if (!adapter.stored.has(PREFIX + name)) continue;
    throw unsupported(adapter, `it has ${show(name)}, which is embedding and head at once in this model`);
  }
}

/** What a tensor may be that was not called for. */
function unknown(adapter: AdapterTensors, base: Qwen3Config, name: string): RerankitError {
  const subject = `its tensor ${show(name)}`;
  if (name.includes('.lora_magnitude_vector')) return unsupported(adapter, `${subject} is part of a DoRA adapter`);
  if (/\.lora_[AB]\.bias$/.test(name)) return unsupported(adapter, `${subject} is a bias`);
  const module = /^base_model\.model\.(.+)\.lora_(?:embedding_)?[AB](?:\.weight)?$/.exec(name)?.[1];
  const layer = Number(/^model\.layers\.(\d+)\./.exec(module ?? '')?.[1] ?? 0);
  if (layer >= base.layers)
    return invalid(adapter, `${subject} is of layer ${layer}; the model has ${base.layers} layers`);
  if (module !== undefined && !isLinear(`${module}.weight`)) {
    return unsupported(adapter, `${subject} changes ${show(module)}; only matrices of attention and MLP are merged`);
  }
  if (name === `${PREFIX}score.weight`) {
    return invalid(adapter, `${subject} is a score head, but its config does not name it in modules_to_save`);
  }
  return invalid(adapter, `${subject} is not one that its config calls for in this model`);
}

function invalid({ path, config }: AdapterTensors, problem: string): RerankitError {
  const base = config.base === undefined ? '' : ` It was trained on ${show(config.base)}: load that model with it.`;
  return new RerankitError('MODEL_INVALID', `The adapter ${path} does not fit the model: ${problem}.${base}`);
}

function unsupported({ path }: AdapterTensors, problem: string): RerankitError {
  return new RerankitError(
    'MODEL_UNSUPPORTED',
    `The adapter ${path} is not supported: ${problem}. Merge it with PEFT, and load the merged model.`,
  );
}
