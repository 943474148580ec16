import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SeededCheckpointSpec, writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { golden } from './golden.ts';
import { MARKERS } from './markers.ts';

/** Writes a seeded checkpoint in the form of Qwen3-Embedding: bare names, its tokenizer's template, its markers. */
export async function writeEmbedder(folder: string, spec: SeededCheckpointSpec): Promise<void> {
  for (const file of await writeSeededCheckpoint(folder, spec)) await makeBare(join(folder, file));
  if (spec.shards > 1) await editJson(join(folder, 'model.safetensors.index.json'), bareIndex);
  await writeTemplate(folder);
  await writeMarkers(folder);
}

export async function writeMarkers(folder: string, markers = MARKERS): Promise<void> {
  for (const [name, content] of Object.entries(markers)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), JSON.stringify(content));
  }
}

/** Gives a checkpoint's tokenizer the template of Qwen3-Embedding's. */
export async function writeTemplate(folder: string): Promise<void> {
  await editJson(join(folder, 'tokenizer.json'), (json) => ({ ...json, post_processor: golden.postProcessor }));
}

async function editJson(path: string, edit: (json: Record<string, unknown>) => object): Promise<void> {
  await writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')))));
}

const bareName = (name: string) => name.replace(/^model\./, '');

function bareIndex({ weight_map: map, ...rest }: Record<string, unknown>): object {
  const entries = Object.entries(map as object).map(([name, file]) => [bareName(name), file]);
  return { ...rest, weight_map: Object.fromEntries(entries) };
}

/** Renames the tensors of a safetensors file, in a header of the same length. */
async function makeBare(path: string): Promise<void> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE());
  const header: object = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const renamed = Object.fromEntries(Object.entries(header).map(([name, entry]) => [bareName(name), entry]));
  bytes.write(JSON.stringify(renamed).padEnd(length), 8);
  await writeFile(path, bytes);
}
