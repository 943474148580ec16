import { stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect, verifyContent } from './inspect.ts';
import type { StoreLayout } from './layout.ts';
import { MANIFEST, type Manifest } from './manifest.ts';
import { restamp } from './seal.ts';

/** How exactly the last use is known. */
const TOUCH_MS = 60_000;

/** A whole entry, or why there is none: `problem` is `undefined` if nothing lies there. */
export type FindResult =
  | { readonly manifest: Manifest; readonly problem?: never }
  | { readonly manifest?: never; readonly problem: string | undefined };

/** Looks for an entry, and reads it all where that is asked for or stamps are not what they were. */
export async function findThoroughly(
  layout: StoreLayout,
  key: string,
  full: boolean,
  signal: AbortSignal | undefined,
): Promise<FindResult> {
  const folder = layout.entry(key);
  const found = await inspect(folder, key);
  if (found.state === 'missing') return { problem: undefined };
  if (found.state === 'damaged') return { problem: found.problem };
  if (found.state === 'whole' && !full) return { manifest: found.manifest };
  const problem = await verifyContent(folder, found.manifest, signal);
  if (problem !== undefined) return { problem };
  if (found.state === 'whole') return { manifest: found.manifest };
  // Where it cannot be noted, it is read again next time.
  const manifest = await restamp(folder, found.manifest, layout.temporary(key)).catch(() => found.manifest);
  return { manifest };
}

/** Records the use, which eviction goes by. Not in a folder that is read-only for this process. */
export async function touch(folder: string): Promise<void> {
  const path = join(folder, MANIFEST);
  const now = new Date();
  try {
    if (now.getTime() - (await stat(path)).mtimeMs > TOUCH_MS) await utimes(path, now, now);
  } catch {
    // Least recently used is a guess then; nothing depends on it.
  }
}
