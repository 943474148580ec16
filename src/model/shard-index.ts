import { RerankitError, show } from '../errors.ts';
import { isInnerPath } from './file-names.ts';
import { isJsonObject, readJsonObject } from './json-file.ts';

/** More shards than any model has; each costs a request and an open file. */
const MAX_SHARDS = 1000;

/** What `model.safetensors.index.json` says. */
export interface ShardIndex {
  /** Distinct shard names, in the order the index first names them. None leaves the index's folder. */
  readonly shards: readonly string[];
  /** Name of the shard that holds each tensor. */
  readonly shardOf: ReadonlyMap<string, string>;
}

/** Reads a shard index. The file is untrusted. Rejects with `MODEL_INVALID` where it makes no sense. */
export async function readShardIndex(path: string): Promise<ShardIndex> {
  const map = (await readJsonObject(path))['weight_map'];
  if (!isJsonObject(map) || Object.keys(map).length === 0) {
    throw new RerankitError('MODEL_INVALID', `${path} has no weight_map that names shards: fetch it again.`);
  }
  const shardOf = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !shard.endsWith('.safetensors') || !isInnerPath(shard)) {
      throw new RerankitError(
        'MODEL_INVALID',
        `${path} says that tensor ${show(tensor)} is in ${show(shard)}: it must name a .safetensors file beside it.`,
      );
    }
    shardOf.set(tensor, shard);
  }
  const shards = [...new Set(shardOf.values())];
  if (shards.length > MAX_SHARDS) {
    throw new RerankitError('MODEL_INVALID', `${path} names ${shards.length} shards; at most ${MAX_SHARDS} are read.`);
  }
  return { shards, shardOf };
}
