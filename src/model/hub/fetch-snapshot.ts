import { join } from 'node:path';
import { RerankitError, show } from '../../errors.ts';
import { retrying } from '../../http/retry.ts';
import { findMarkers } from '../directory.ts';
import { chooseFiles, FILE, FILES_TO_LOOK_FOR, type ModelDescription, missingFile } from '../model-files.ts';
import type { ResolveOptions } from '../resolve-options.ts';
import { readShardIndex } from '../shard-index.ts';
import { inCache } from './cache-error.ts';
import { placeInSnapshot, sizeOf } from './cache-layout.ts';
import type { DownloadContext } from './download-context.ts';
import { downloadFile } from './download-file.ts';
import { findExport } from './find-export.ts';
import { ProgressMeter } from './progress-meter.ts';
import { fetchFiles, type RemoteFile } from './repository.ts';

/**
 * Fetches a commit's missing files: the small ones first, so that weights in a snapshot mean that it is complete.
 * Of several ONNX exports only the one that is wished for. Resolves to its name, if an export it is.
 * @param asked the revision as the caller named it, for errors
 */
export async function fetchSnapshot(
  context: DownloadContext,
  asked: string,
  { check, onProgress, onnx: wish }: Pick<ResolveOptions, 'check' | 'onProgress' | 'onnx'>,
): Promise<string | undefined> {
  const { hub, policy, subject } = context;
  const present = await retrying(() => fetchFiles(hub, subject, FILES_TO_LOOK_FOR), policy);
  const onnx = wish && (await findExport(context, present, wish));
  const missing = missingFile(new Set(present.keys()), onnx === undefined);
  if (missing !== undefined) {
    throw new RerankitError(
      'MODEL_NOT_FOUND',
      `Repository ${show(subject.repository)} has no file ${missing.name} in revision ${show(asked)}. ${missing.hint}`,
    );
  }
  const choice = chooseFiles(new Set(present.keys()));
  const files = choice.files.map((name) => present.get(name)).filter((file) => file !== undefined);
  const all = onnx ? [...files.filter(isSmall), ...onnx.files] : await withShards(context, files, choice.sharded);
  const meter = new ProgressMeter(all, onProgress);
  const fetchAll = async (some: readonly RemoteFile[]): Promise<void> => {
    for (const file of some) await fetchInto(context, file, (loaded) => meter.update(file, loaded));
  };
  const firstLarge = all.findIndex((file) => !isSmall(file));
  await fetchAll(all.slice(0, firstLarge));
  if (onnx === undefined) await check?.(description(context, present));
  await fetchAll(all.slice(firstLarge));
  return onnx?.name;
}

/** What the small files of a snapshot say, once they are there. */
function description({ layout, subject }: DownloadContext, present: ReadonlyMap<string, RemoteFile>): ModelDescription {
  const directory = layout.snapshot(subject.revision);
  const markers = findMarkers(directory, new Set(present.keys()));
  return { id: subject.repository, config: join(directory, FILE.config), markers };
}

async function withShards(
  context: DownloadContext,
  files: readonly RemoteFile[],
  sharded: boolean,
): Promise<readonly RemoteFile[]> {
  const shards = sharded ? await findShards(context, files) : [];
  return [...files, ...shards].sort((a, b) => Number(isWeights(a)) - Number(isWeights(b)));
}

/** The shards that the index names. The index itself must be fetched to know them, before progress has a total. */
async function findShards(context: DownloadContext, files: readonly RemoteFile[]): Promise<RemoteFile[]> {
  const { hub, policy, subject } = context;
  const index = files.find(({ path }) => path === FILE.index);
  if (index === undefined) return [];
  const { shards } = await readShardIndex(await downloadFile(context, index, () => undefined));
  const found = await retrying(() => fetchFiles(hub, subject, shards), policy);
  return shards.map((shard) => {
    const file = found.get(shard);
    if (file !== undefined) return file;
    throw new RerankitError(
      'MODEL_NOT_FOUND',
      `${FILE.index} of ${show(subject.repository)} names the file ${show(shard)}, which revision ${subject.revision} has not.`,
    );
  });
}

async function fetchInto(context: DownloadContext, file: RemoteFile, onBytes: (loaded: number) => void): Promise<void> {
  const { layout, subject, cacheDir } = context;
  const pointer = join(layout.snapshot(subject.revision), file.path);
  if ((await sizeOf(pointer)) === file.size) return onBytes(file.size);
  const blob = await downloadFile(context, file, onBytes);
  await inCache(cacheDir, () => placeInSnapshot(blob, pointer));
}

/** Neither weights nor the list of them. */
function isSmall(file: RemoteFile): boolean {
  return !isWeights(file) && file.path !== FILE.index;
}

function isWeights({ path }: RemoteFile): boolean {
  return path.endsWith('.safetensors');
}
