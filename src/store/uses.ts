import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownerState } from '../files/owner.ts';
import { parseOwnedName, type StoreLayout } from './layout.ts';

/** Whether processes of other machines live cannot be asked: what they left counts for a day. */
const UNKNOWN_OWNER_MS = 24 * 3_600_000;

/**
 * Notes that this process uses an entry, so that it is not evicted. Resolves to the path of the note, or to `undefined`
 * if none can be written: in a folder that is read-only for this process, such as one in a container's image.
 */
export async function claimUse(layout: StoreLayout, key: string): Promise<string | undefined> {
  const path = layout.use(key);
  try {
    await writeFile(path, '', { flag: 'wx', mode: 0o600 });
    return path;
  } catch {
    return undefined;
  }
}

/** Whether a live process uses an entry. */
export async function isInUse(layout: StoreLayout, key: string): Promise<boolean> {
  for (const name of await namesIn(layout.uses)) {
    if (parseOwnedName(name)?.key === key && !(await removeAbandoned(join(layout.uses, name), name))) return true;
  }
  return false;
}

/** Removes what processes that are gone left in `building` and `uses`. */
export async function sweep(layout: StoreLayout): Promise<void> {
  for (const folder of [layout.building, layout.uses]) {
    for (const name of await namesIn(folder)) await removeAbandoned(join(folder, name), name);
  }
}

/** Names in a folder; none if there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Removes a file or folder of the store if its owner is gone, and resolves to whether it was. Leaves what is not ours. */
async function removeAbandoned(path: string, name: string): Promise<boolean> {
  const owned = parseOwnedName(name);
  if (owned === undefined) return false;
  const state = ownerState(owned.owner);
  const abandoned = state === 'gone' || (state === 'unknown' && (await ageMs(path)) > UNKNOWN_OWNER_MS);
  if (abandoned) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  return abandoned;
}

/** Milliseconds since anything in a folder, or a file, was written. */
async function ageMs(path: string): Promise<number> {
  const inner = (await namesIn(path)).map((name) => join(path, name));
  const times = await Promise.all([path, ...inner].map((each) => stat(each).catch(() => undefined)));
  return Date.now() - Math.max(0, ...times.map((stats) => stats?.mtimeMs ?? 0));
}
