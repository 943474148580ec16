import { lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '../files/lock.ts';
import { isSystemError } from '../files/system-error.ts';
import { isEntryKey } from './key.ts';
import type { StoreLayout } from './layout.ts';
import { MANIFEST } from './manifest.ts';
import { isInUse, namesIn } from './uses.ts';

/** An entry as {@link CompiledStore.list} shows it. It may be damaged: nothing was checked. */
export interface StoredEntry {
  readonly key: string;
  readonly folder: string;
  /** Bytes of all its files. */
  readonly bytes: number;
  /** To the minute; 1970 if it has no manifest. */
  readonly lastUsed: Date;
}

/** All entries, the one used longest ago first. */
export async function listEntries(layout: StoreLayout): Promise<StoredEntry[]> {
  const keys = (await namesIn(layout.entries)).filter(isEntryKey);
  const entries = await Promise.all(
    keys.map(async (key) => {
      const folder = layout.entry(key);
      const used = await lstat(join(folder, MANIFEST)).catch(() => undefined);
      return { key, folder, bytes: await folderBytes(folder), lastUsed: used?.mtime ?? new Date(0) };
    }),
  );
  return entries.sort((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime());
}

/** Bytes of the files in a folder; 0 if there is no such folder. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await namesIn(folder);
  const stats = await Promise.all(names.map((name) => lstat(join(folder, name)).catch(() => undefined)));
  return stats.reduce((sum, each) => sum + (each?.size ?? 0), 0);
}

/**
 * Removes the entries used longest ago until at most `maxBytes` are left. Entries in use stay, and so do `keep` and
 * what the system does not let go, such as mapped files on Windows.
 */
export async function evict(layout: StoreLayout, maxBytes: number, keep: string): Promise<void> {
  const entries = await listEntries(layout);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { key, bytes } of entries) {
    if (total <= maxBytes) return;
    if (key !== keep && (await removeUnused(layout, key))) total -= bytes;
  }
}

/** Removes an entry that nobody uses or builds, and resolves to whether it did. */
export async function removeUnused(layout: StoreLayout, key: string): Promise<boolean> {
  // Whoever opens an entry notes its use first and then looks at the lock; here it is the other way round. So one of
  // the two sees the other.
  const removed = await tryLock(layout.lock(key), async () => {
    if (await isInUse(layout, key)) return false;
    await discard(layout, key);
    return true;
  }).catch((error: unknown) => {
    if (isSystemError(error)) return false;
    throw error;
  });
  return removed ?? false;
}

/** Removes an entry, whatever lies there, in one step: its name is gone before its files are. Needs the lock. */
export async function discard(layout: StoreLayout, key: string): Promise<void> {
  const aside = layout.temporary(key);
  try {
    await rename(layout.entry(key), aside);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  // What stays is swept when this process is gone.
  await rm(aside, { recursive: true, force: true }).catch(() => undefined);
}
