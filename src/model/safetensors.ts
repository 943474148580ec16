import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import { reason } from './json-file.ts';
import { MAX_HEADER_BYTES, PREFIX_BYTES, parseSafetensorsHeader } from './safetensors-header.ts';
import { readShardIndex } from './shard-index.ts';
import type { TensorLocation } from './tensor-location.ts';

export type { Dtype, TensorLocation } from './tensor-location.ts';
export { readTensorRows } from './tensor-rows.ts';

/** Tensors by name. */
export type TensorMap = ReadonlyMap<string, TensorLocation>;

/**
 * Reads the header of one safetensors file; the weights stay on disk.
 * Rejects with `MODEL_NOT_FOUND` if the file cannot be read, `MODEL_INVALID` if it is damaged or cut short.
 */
export async function readSafetensors(path: string): Promise<TensorMap> {
  try {
    const file = await realpath(path);
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    const header = await readHeader(handle, size, path);
    return new Map(parseSafetensorsHeader(header, size, path).map((entry) => [entry.name, { ...entry, file }]));
  } catch (cause) {
    if (RerankitError.isInstance(cause)) throw cause;
    throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${path}: ${reason(cause)}.`, { cause });
  }
}

/**
 * Reads the headers of sharded weights, and checks the index against them. Tensors that the index does not name are
 * left out.
 * @param indexPath `model.safetensors.index.json`
 * @param weights the shards' paths, below the index's folder
 */
export async function readShardedSafetensors(indexPath: string, weights: readonly string[]): Promise<TensorMap> {
  const { shardOf } = await readShardIndex(indexPath);
  const folder = dirname(indexPath);
  const headers = new Map<string, TensorMap>();
  for (const path of weights) headers.set(relative(folder, path).replaceAll(sep, '/'), await readSafetensors(path));
  const tensors = new Map<string, TensorLocation>();
  for (const [name, shard] of shardOf) {
    const location = headers.get(shard)?.get(name);
    if (location === undefined) {
      throw new RerankitError(
        'MODEL_INVALID',
        `${basename(indexPath)} says that tensor ${show(name)} is in ${join(folder, shard)}, but it is not there. ` +
          'The index and the shards belong to different versions of the model: fetch all of them again.',
      );
    }
    tensors.set(name, location);
  }
  return tensors;
}

async function readHeader(handle: FileHandle, size: number, path: string): Promise<Uint8Array> {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  const { bytesRead } = await handle.read(prefix, 0, PREFIX_BYTES, 0);
  // A checkout without Git LFS leaves a small text file in place of each large one.
  if (prefix.toString('latin1') === 'version ') {
    throw new RerankitError(
      'MODEL_INVALID',
      `${path} is a Git LFS pointer, not the weights: run "git lfs pull" there.`,
    );
  }
  const length = bytesRead === PREFIX_BYTES ? prefix.readBigUInt64LE() : 0n;
  if (length < 2n || length > BigInt(MAX_HEADER_BYTES)) {
    const what =
      bytesRead < PREFIX_BYTES ? `the file has only ${size} bytes` : `it announces a header of ${length} bytes`;
    throw new RerankitError(
      'MODEL_INVALID',
      `${path} is not a sound safetensors file: ${what} (2 to ${MAX_HEADER_BYTES} are read). Fetch or save it again.`,
    );
  }
  const expected = PREFIX_BYTES + Number(length);
  if (expected > size) {
    throw new RerankitError(
      'MODEL_INVALID',
      `${path} is truncated: at least ${expected} bytes expected, ${size} found. Fetch or copy it again.`,
    );
  }
  const header = Buffer.alloc(Number(length));
  const { bytesRead: got } = await handle.read(header, 0, header.length, PREFIX_BYTES);
  if (got !== header.length) throw new RerankitError('MODEL_INVALID', `${path} changed while it was read: try again.`);
  return header;
}
