import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseConfig } from '../../src/model/config.ts';
import { networkTensors } from '../../src/model/network-tensors.ts';
import { type FakeTensor, safetensorsFile } from './safetensors-file.ts';

/** A whole model of a few kilobytes, with heads * head_dim other than hidden_size. */
export const TINY_CONFIG = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  vocab_size: 11,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  intermediate_size: 10,
  tie_word_embeddings: true,
  rope_theta: 1_000_000,
};

/** The tensors of a config, all zero. */
export function tinyTensors(config: object = TINY_CONFIG): Record<string, FakeTensor> {
  const shapes = networkTensors(parseConfig({ ...config }));
  return Object.fromEntries([...shapes].map(([name, shape]) => [name, { shape }]));
}

/** The files of a tiny model, by name. */
export function tinyModel(config: object = TINY_CONFIG, tensors = tinyTensors(config)): Record<string, Buffer> {
  return {
    'config.json': Buffer.from(JSON.stringify(config)),
    'tokenizer.json': Buffer.from('{"version":"1.0"}'),
    'tokenizer_config.json': Buffer.from('{}'),
    'model.safetensors': safetensorsFile(tensors),
  };
}

/** The same in two shards with an index. */
export function shardedModel(): Record<string, Buffer> {
  const { 'model.safetensors': _, ...rest } = tinyModel();
  const tensors = Object.entries(tinyTensors());
  const weightMap: Record<string, string> = {};
  const shards: Record<string, Buffer> = {};
  for (const part of [1, 2]) {
    const name = `model-0000${part}-of-00002.safetensors`;
    const half = tensors.filter((_entry, place) => place % 2 === part - 1);
    for (const [tensor] of half) weightMap[tensor] = name;
    shards[name] = safetensorsFile(Object.fromEntries(half));
  }
  const index = JSON.stringify({ metadata: {}, weight_map: weightMap });
  return { ...rest, 'model.safetensors.index.json': Buffer.from(index), ...shards };
}

export async function writeFiles(folder: string, files: Readonly<Record<string, Buffer | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
