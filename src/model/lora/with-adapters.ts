import { RerankitError, show } from '../../errors.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { Qwen3Config } from '../config.ts';
import { headTensor } from '../network-tensors.ts';
import { readSafetensors } from '../safetensors.ts';
import type { Adapter, LoraAdapter } from './adapter.ts';
import { readAdapterConfig } from './adapter-config.ts';
import { findAdapter } from './adapter-files.ts';
import { type AdapterTensors, isSaved, matchTensors, PREFIX } from './match-tensors.ts';

/**
 * A checkpoint with adapters, in this order: their changes add up. What they replace is in `tensors`; what they add is in
 * `adapters`, for those who read weights.
 *
 * Throws `MODEL_UNSUPPORTED` or `MODEL_INVALID`, naming the adapter and what is not as it must be, and `INVALID_OPTION` for
 * adapters that cannot go together.
 */
export function withAdapters(checkpoint: Checkpoint, adapters: readonly OpenAdapter[]): Checkpoint {
  return adapters.reduce(withAdapter, checkpoint);
}

/** Adapters whose files have been read, as far as they can be without the base. */
export interface OpenAdapter extends AdapterTensors {
  /** Real path of the weights. */
  readonly file: string;
}

/**
 * Reads configs and headers of adapters: what is wrong with them shows before a model is fetched. Rejects with
 * `MODEL_NOT_FOUND`, `MODEL_UNSUPPORTED` or `MODEL_INVALID`, naming the adapter.
 */
export async function openAdapters(adapters: readonly LoraAdapter[] = []): Promise<OpenAdapter[]> {
  const opened: OpenAdapter[] = [];
  for (const { path, scale = 1 } of adapters) {
    const files = await findAdapter(path);
    const config = await readAdapterConfig(files.config);
    const stored = await readSafetensors(files.weights);
    const [{ file } = { file: files.weights }] = stored.values();
    opened.push({ path: files.folder, scale, config, stored, file });
  }
  return opened;
}

function withAdapter(checkpoint: Checkpoint, opened: OpenAdapter): Checkpoint {
  const { path, scale, file } = opened;
  const config = networkWith(opened, checkpoint.config);
  const adapter: Adapter = { path, scale, file, ...matchTensors(opened, config) };
  for (const other of checkpoint.adapters) refuseConflict(other, adapter);
  warnOfOtherBase(checkpoint, path, opened.config.base);
  return {
    ...checkpoint,
    config,
    tensors: new Map([...checkpoint.tensors, ...adapter.replaced]),
    headTensor: headTensor(config),
    adapters: [...checkpoint.adapters, adapter],
  };
}

/** A classifier is often trained on a base that is none: its head is only in the adapter then. */
function networkWith({ config, stored }: AdapterTensors, base: Qwen3Config): Qwen3Config {
  const brings = stored.has(`${PREFIX}score.weight`) && isSaved('score', config.modulesToSave);
  return brings ? { ...base, head: 'sequence-classification' } : base;
}

/** What one adapter replaces another must not change: which comes last would matter, and nothing would say so. */
function refuseConflict(one: Adapter, other: Adapter): void {
  const changes = ({ updates, replaced }: Adapter) => [...updates.keys(), ...replaced.keys()];
  const both =
    changes(one).find((name) => other.replaced.has(name)) ?? changes(other).find((name) => one.replaced.has(name));
  if (both === undefined) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The adapters ${one.path} and ${other.path} cannot go together: both have a ${show(both)} of their own.`,
  );
}

/** Models of one shape cannot be told apart by it. Only names of the Hub can be compared. */
function warnOfOtherBase({ files }: Checkpoint, path: string, base: string | undefined): void {
  if (files.kind !== 'hub' || base === undefined || !/^[\w.-]+\/[\w.-]+$/.test(base)) return;
  if (base.toLowerCase() === files.id.toLowerCase()) return;
  process.emitWarning(`The adapter ${path} was trained on ${show(base)}, and is merged into ${show(files.id)}.`, {
    type: 'RerankitWarning',
  });
}
