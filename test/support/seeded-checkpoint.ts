import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededConfig } from './seeded-config.ts';
import type { SeededCheckpointSpec } from './seeded-spec.ts';
import { type SeededTensor, seededTensors, tensorSize } from './seeded-tensors.ts';
import { type SeededTables, seededTensorBytes, storedWidth } from './seeded-values.ts';

export type { SeededCheckpointSpec } from './seeded-spec.ts';

const TRAINED_MODEL = fileURLToPath(new URL('../golden/tiny-v0', import.meta.url));

/** Writes a complete checkpoint into `directory`, streaming the weights; returns the names of the weights files. */
export async function writeSeededCheckpoint(directory: string, spec: SeededCheckpointSpec): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'config.json'), JSON.stringify(seededConfig(spec)));
  await copyTokenizer(directory);

  const tensors = seededTensors(spec);
  const tables: SeededTables = new Map();
  const weightMap: Record<string, string> = {};
  const files: string[] = [];
  for (let shard = 0; shard < spec.shards; shard++) {
    const own = tensors.filter((_, index) => Math.floor((index * spec.shards) / tensors.length) === shard);
    const file = shardName(shard, spec.shards);
    files.push(file);
    for (const tensor of own) weightMap[tensor.name] = file;
    const handle = await open(join(directory, file), 'w');
    try {
      await handle.writeFile(safetensorsHeader(own, spec));
      for (const tensor of own) {
        for (const bytes of seededTensorBytes(spec.seed, spec.dtype, tensor, tables)) await handle.writeFile(bytes);
      }
    } finally {
      await handle.close();
    }
  }
  if (spec.shards > 1) {
    const total = tensors.reduce((sum, tensor) => sum + tensorSize(tensor) * storedWidth(spec.dtype), 0);
    const index = { metadata: { total_size: total }, weight_map: weightMap };
    await writeFile(join(directory, 'model.safetensors.index.json'), JSON.stringify(index));
  }
  return files;
}

/** Copies the tokenizer of test/golden/tiny-v0, which all checkpoints of the tests share. */
export async function copyTokenizer(directory: string): Promise<void> {
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(join(TRAINED_MODEL, file), join(directory, file));
  }
}

function shardName(shard: number, shards: number): string {
  if (shards === 1) return 'model.safetensors';
  const number = (value: number) => String(value).padStart(5, '0');
  return `model-${number(shard + 1)}-of-${number(shards)}.safetensors`;
}

/** Length and header of a safetensors file, padded so that the data starts at a multiple of eight. */
function safetensorsHeader(tensors: readonly SeededTensor[], spec: SeededCheckpointSpec): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const tensor of tensors) {
    const end = offset + tensorSize(tensor) * storedWidth(spec.dtype);
    header[tensor.name] = { dtype: spec.dtype, shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}
