import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RerankitError } from '../../errors.ts';
import { expandPath } from '../../files/expand-path.ts';

/** Where an adapter's files lie. */
export interface AdapterFiles {
  /** Absolute. */
  readonly folder: string;
  readonly config: string;
  readonly weights: string;
}

/** Files that explain why those that are needed are missing. */
const HINTS: readonly (readonly [file: string, hint: string])[] = [
  ['adapter_model.bin', 'It has PyTorch pickle weights: save the adapter again with safe_serialization.'],
  ['config.json', 'It is a whole model: load it itself.'],
];

/** Finds the files of an adapter. Rejects with `MODEL_NOT_FOUND`, saying what is not there. */
export async function findAdapter(path: string): Promise<AdapterFiles> {
  const folder = resolve(expandPath(path, {}));
  const stats = await stat(folder).catch(() => undefined);
  if (!stats?.isDirectory()) {
    throw new RerankitError(
      'MODEL_NOT_FOUND',
      `There is no adapter in ${folder}: it must be a folder on this machine, as PEFT's save_pretrained writes it.`,
    );
  }
  const config = await need(folder, 'adapter_config.json');
  return { folder, config, weights: await need(folder, 'adapter_model.safetensors') };
}

async function need(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  if (await isFile(path)) return path;
  for (const [file, hint] of HINTS) {
    if (await isFile(join(folder, file))) throw missing(folder, name, hint);
  }
  throw missing(folder, name, "Name the folder that PEFT's save_pretrained wrote.");
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

function missing(folder: string, name: string, hint: string): RerankitError {
  return new RerankitError('MODEL_NOT_FOUND', `The adapter ${folder} has no ${name}. ${hint}`);
}
