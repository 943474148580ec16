import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, type HeadTensor, openCheckpoint } from '../../src/model/checkpoint.ts';
import { findModelFiles } from '../../src/model/directory.ts';
import type { TensorLocation } from '../../src/model/safetensors.ts';
import { NO, YES } from '../../src/prompt/template.ts';

/** A checkpoint that the peers' files are written from. */
export interface Source extends Pick<Checkpoint, 'config' | 'tensors'> {
  /** The head of a language model. */
  readonly headTensor: HeadTensor;
  readonly folder: string;
  readonly tokenizer: string;
  readonly yesId: number;
  readonly noId: number;
}

export async function openSource(folder: string): Promise<Source> {
  const { config, tensors, headTensor } = await openCheckpoint(
    await findModelFiles(folder, { kind: 'directory', id: folder }),
  );
  if (headTensor === undefined || headTensor === 'score.weight')
    throw new Error(`${folder}: peers need the head of a language model`);
  const tokenizer = join(folder, 'tokenizer.json');
  const { model }: { model: { vocab: Record<string, number> } } = JSON.parse(await readFile(tokenizer, 'utf8'));
  const idOf = (token: string): number => {
    const id = model.vocab[token];
    if (id === undefined) throw new Error(`${tokenizer} has no token ${token}`);
    return id;
  };
  return { folder, tokenizer, config, tensors, headTensor, yesId: idOf(YES), noId: idOf(NO) };
}

export function locate({ tensors, folder }: Source, name: string): TensorLocation {
  const location = tensors.get(name);
  if (location === undefined) throw new Error(`${folder} lacks ${name}`);
  return location;
}
