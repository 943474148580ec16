import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RerankitError } from '../../errors.ts';
import { withLock } from '../../files/lock.ts';
import { retrying } from '../../http/retry.ts';
import { inCache } from './cache-error.ts';
import { sizeOf } from './cache-layout.ts';
import type { DownloadContext } from './download-context.ts';
import { DamagedError, fetchRest } from './fetch-rest.ts';
import { PartialFile } from './partial-file.ts';
import type { RemoteFile } from './repository.ts';
import { describe } from './status-error.ts';

/** A try that brought this many bytes was worth it, however it ended. */
const PROGRESS_BYTES = 1 << 20;

/**
 * Brings a file into the cache's `blobs`, and resolves to its path there. Continues a partial file; checks size and
 * hash before the file gets its final name; leaves the partial file behind when it is aborted or the network fails.
 *
 * The Hub library's own downloads are not used: `downloadFileToCacheDir` always begins afresh, checks neither size nor
 * hash, takes no signal, and files snapshots under the file's last commit where Python has the revision's.
 *
 * @param onBytes receives the number of bytes of this file that are on disk
 */
export async function downloadFile(
  context: DownloadContext,
  file: RemoteFile,
  onBytes: (loaded: number) => void,
): Promise<string> {
  const { layout, cacheDir, policy } = context;
  const blob = layout.blob(file.digest.hex);
  // Not Python's `<etag>.incomplete`: Python appends to that one, without a lock that Node could see.
  const partialPath = `${blob}.rerankit.incomplete`;
  const present = async () => (await sizeOf(blob)) === file.size;
  const waiting = async () => {
    const stats = await stat(partialPath).catch(() => undefined);
    if (stats !== undefined) onBytes(Math.min(stats.size, file.size));
  };
  if (!(await present())) {
    await inCache(cacheDir, () =>
      withLock(layout.lock(file.digest.hex), { signal: policy.signal, waiting }, async () => {
        // Whoever held the lock before may have fetched it.
        if (await present()) return;
        await mkdir(dirname(blob), { recursive: true });
        await fetchWhole(context, file, partialPath, onBytes);
        await rename(partialPath, blob).catch(async (error: unknown) => {
          if (!(await present())) throw error;
        });
      }),
    );
  }
  onBytes(file.size);
  return blob;
}

/** Fetches until the partial file is complete and sound. A bad one is removed. */
async function fetchWhole(
  context: DownloadContext,
  file: RemoteFile,
  path: string,
  onBytes: (loaded: number) => void,
): Promise<void> {
  for (;;) {
    const partial = await PartialFile.open(path, file, context.policy.signal);
    const resumed = partial.position > 0;
    try {
      if (partial.position < file.size) await fetchPatiently(context, file, partial, onBytes);
      if (!partial.matches()) throw new DamagedError(`its content does not have the published hash ${file.digest.hex}`);
      await partial.sync();
      return;
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      await rm(path, { force: true });
      // What an earlier download left may be to blame: once more, from the beginning.
      if (!resumed) {
        const what = describe({ ...context.subject, file: file.path });
        const fix = 'Try again; if it stays so, look at HF_ENDPOINT and at proxies.';
        throw new RerankitError('DOWNLOAD_FAILED', `${what} arrived damaged: ${error.message}. ${fix}`);
      }
    } finally {
      await partial.close();
    }
  }
}

/** Requests what is missing, again and again while it helps. */
async function fetchPatiently(
  context: DownloadContext,
  file: RemoteFile,
  partial: PartialFile,
  onBytes: (loaded: number) => void,
): Promise<void> {
  let start = partial.position;
  const attempt = () => {
    start = partial.position;
    onBytes(start);
    return fetchRest(context, file, partial, onBytes);
  };
  await retrying(attempt, context.policy, () => partial.position - start >= PROGRESS_BYTES);
}
