import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RerankitError } from '../errors.ts';
import {
  chooseFiles,
  FILE,
  FILES_TO_LOOK_FOR,
  MARKERS,
  type ModelFiles,
  type ModelMarkers,
  missingFile,
} from './model-files.ts';
import { exportIn } from './onnx/export-in.ts';
import type { OnnxWish } from './onnx/onnx-file.ts';
import { readShardIndex } from './shard-index.ts';

/** What a directory cannot say about itself. */
export type ModelIdentity = Pick<ModelFiles, 'kind' | 'id' | 'revision'>;

/** What to look for beside safetensors. */
export interface FindOptions {
  /** `undefined`: exports are not looked for. */
  readonly onnx?: OnnxWish | undefined;
  /** Whether files may be missing that the model has elsewhere. */
  readonly partial?: boolean;
}

/** Finds a model's files in a directory. Rejects with `MODEL_NOT_FOUND`, naming what is not there. */
export async function findModelFiles(
  directory: string,
  identity: ModelIdentity,
  { onnx: wish, partial = false }: FindOptions = {},
): Promise<ModelFiles> {
  const present = await presentFiles(directory);
  const onnx = wish && (await exportIn({ directory, id: identity.id, present, partial }, wish));
  const missing = missingFile(present, onnx === undefined);
  if (missing !== undefined) {
    throw new RerankitError('MODEL_NOT_FOUND', `${directory} has no ${missing.name}. ${missing.hint}`);
  }
  const weights = onnx === undefined ? await findWeights(directory, present) : [];
  for (const path of weights) {
    if (await isFile(path)) continue;
    throw new RerankitError('MODEL_NOT_FOUND', `${FILE.index} in ${directory} names ${path}, which does not exist.`);
  }
  const path = (name: string) => join(directory, name);
  const sharded = onnx === undefined && chooseFiles(present).sharded;
  return {
    ...identity,
    directory,
    config: path(FILE.config),
    tokenizer: path(FILE.tokenizer),
    ...(present.has(FILE.tokenizerConfig) && { tokenizerConfig: path(FILE.tokenizerConfig) }),
    weights,
    ...(onnx && { onnx }),
    ...(sharded && { index: path(FILE.index) }),
    markers: findMarkers(directory, present),
  };
}

/** {@link findModelFiles} for a directory that may be incomplete: nothing, instead of an error. */
export async function tryModelFiles(
  directory: string,
  identity: ModelIdentity,
  options: FindOptions = {},
): Promise<ModelFiles | undefined> {
  try {
    return await findModelFiles(directory, identity, options);
  } catch (error) {
    if (RerankitError.isInstance(error, 'MODEL_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function presentFiles(directory: string): Promise<Set<string>> {
  const present = new Set<string>();
  for (const name of FILES_TO_LOOK_FOR) {
    if (await isFile(join(directory, name))) present.add(name);
  }
  return present;
}

async function findWeights(directory: string, present: ReadonlySet<string>): Promise<string[]> {
  if (!chooseFiles(present).sharded) return [join(directory, FILE.weights)];
  const index = join(directory, FILE.index);
  const { shards } = await readShardIndex(index);
  return shards.map((shard) => join(dirname(index), shard));
}

/** Those of the files `present` in a directory that are markers. */
export function findMarkers(directory: string, present: ReadonlySet<string>): ModelMarkers {
  const found = MARKERS.filter((key) => present.has(FILE[key]));
  return Object.fromEntries(found.map((key) => [key, join(directory, FILE[key])]));
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
