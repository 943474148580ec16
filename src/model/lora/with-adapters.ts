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
 * A checkpoint with adapters, in this order: their changes add up. Reads configs and headers, no weights. What they
 * replace is in `tensors`; what they add is in `adapters`, for those who read weights.
 *
 * Rejects with `MODEL_NOT_FOUND`, `MODEL_UNSUPPORTED` or `MODEL_INVALID`, naming the adapter and what is not as it must
 * be, and `INVALID_OPTION` for adapters that cannot go together.
 */
export async function withAdapters(checkpoint: Checkpoint, adapters: readonly LoraAdapter[]): Promise<Checkpoint> {
  let adapted = checkpoint;
  for (const adapter of adapters) adapted = await withAdapter(adapted, adapter);
  return adapted;
}

async function withAdapter(checkpoint: Checkpoint, { path, scale = 1 }: LoraAdapter): Promise<Checkpoint> {
  const files = await findAdapter(path);
  const read = { path: files.folder, config: await readAdapterConfig(files.config), scale };
  const stored = await readSafetensors(files.weights);
  const config = networkWith({ ...read, stored }, checkpoint.config);
  const matched = matchTensors({ ...read, stored }, config);
  const [{ file } = { file: files.weights }] = stored.values();
  const adapter: Adapter = { path: files.folder, scale, file, ...matched };
  for (const other of checkpoint.adapters) refuseConflict(other, adapter);
  warnOfOtherBase(checkpoint, read.path, read.config.base);
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
