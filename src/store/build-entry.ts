import { mkdir, rename, rm } from 'node:fs/promises';
import { isSystemError } from '../files/system-error.ts';
import { discard, evict } from './entries.ts';
import { type BuildEntry, EntryWriter } from './entry-writer.ts';
import { inspect } from './inspect.ts';
import type { JsonRecord } from './json.ts';
import type { StoreLayout } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { seal, syncFolder } from './seal.ts';
import { buildError, freeBytes, inStore, noRoom } from './store-error.ts';
import { sweep } from './uses.ts';

/** What {@link buildEntry} needs to know. */
export interface BuildRequest {
  readonly layout: StoreLayout;
  readonly key: string;
  readonly build: BuildEntry;
  /** The cache folder, to be named in errors. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly expectedBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Builds an entry in a temporary folder, and gives it its name when it is whole and on the disk. Needs the lock, but
 * stays correct without: of two that build at once, the second finds the first one's entry and takes it.
 */
export async function buildEntry(request: BuildRequest): Promise<Manifest> {
  const { layout, key, folder: cacheFolder, signal } = request;
  const folder = layout.temporary(key);
  await inStore(cacheFolder, async () => {
    await sweep(layout);
    await makeRoom(request);
    await mkdir(folder, { mode: 0o700 });
  });
  const entry = new EntryWriter(folder, cacheFolder, signal);
  try {
    const details = await runBuild(request, entry);
    return await inStore(cacheFolder, async () => {
      const manifest = await seal(entry, key, details);
      signal?.throwIfAborted();
      return publish(layout, folder, manifest);
    });
  } finally {
    await entry.abandon();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Refuses before minutes of work what cannot end well. */
async function makeRoom({ layout, key, folder, maxBytes, expectedBytes }: BuildRequest): Promise<void> {
  if (expectedBytes === 0) return;
  await evict(layout, Math.max(0, maxBytes - expectedBytes), key);
  const free = await freeBytes(layout.building);
  if (free < expectedBytes) throw noRoom(folder, `${expectedBytes} bytes are needed, ${free} are free`);
}

async function runBuild({ build, folder, signal }: BuildRequest, entry: EntryWriter): Promise<JsonRecord> {
  try {
    const details = await build(entry);
    signal?.throwIfAborted();
    return details ?? {};
  } catch (error) {
    signal?.throwIfAborted(); // Whatever the builder makes of it, the caller gets the signal's reason.
    throw await buildError(folder, error);
  }
}

async function publish(layout: StoreLayout, folder: string, manifest: Manifest): Promise<Manifest> {
  const target = layout.entry(manifest.key);
  try {
    await rename(folder, target);
  } catch (error) {
    // Windows says EPERM when the target exists.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR')) throw error;
    const other = await inspect(target, manifest.key);
    if (other.state === 'whole') return other.manifest;
    await discard(layout, manifest.key);
    await rename(folder, target);
  }
  await syncFolder(layout.entries);
  return manifest;
}
