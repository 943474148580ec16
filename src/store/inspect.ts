import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../files/system-error.ts';
import { reason } from '../model/json-file.ts';
import { fullHash, sampleHash, stampOf } from './fingerprint.ts';
import { MANIFEST, type Manifest, type ManifestFile, readManifest } from './manifest.ts';
import { distrust } from './trust.ts';

/** What is found where an entry should be. */
export type Inspection =
  | { readonly state: 'missing' }
  /** As it was built. */
  | { readonly state: 'whole'; readonly manifest: Manifest }
  /** Sizes and samples are right, but files were written or copied since: {@link verifyContent} has to read them all. */
  | { readonly state: 'changed'; readonly manifest: Manifest }
  | { readonly state: 'damaged'; readonly problem: string };

/**
 * Looks at an entry, in a few milliseconds whatever its size: owner, manifest, the set of files, and of each file
 * size, stamp and a sample of the content.
 */
export async function inspect(folder: string, key: string): Promise<Inspection> {
  try {
    const stats = await lstat(folder).catch((error: unknown) => {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (stats === undefined) return { state: 'missing' };
    if (!stats.isDirectory()) return { state: 'damaged', problem: 'it is not a folder' };
    const foreign = distrust(stats);
    if (foreign !== undefined) return { state: 'damaged', problem: `it ${foreign}` };
    const manifest = await readManifest(folder, key);
    if (typeof manifest === 'string') return { state: 'damaged', problem: manifest };
    return await inspectFiles(folder, manifest);
  } catch (error) {
    if (isDamage(error)) return { state: 'damaged', problem: reason(error) };
    throw error;
  }
}

async function inspectFiles(folder: string, manifest: Manifest): Promise<Inspection> {
  const expected = new Set([MANIFEST, ...manifest.files.map(({ name }) => name)]);
  const extra = (await readdir(folder)).find((name) => !expected.has(name));
  if (extra !== undefined) return { state: 'damaged', problem: `it holds ${JSON.stringify(extra)}, which is not ours` };
  let state: 'whole' | 'changed' = 'whole';
  for (const file of manifest.files) {
    const problem = await withFile(folder, file, async (handle, stamp) => {
      if (stamp !== file.stamp) state = 'changed';
      if ((await sampleHash(handle, file.bytes)) !== file.sample)
        return `the content of ${file.name} is not what it was`;
      return undefined;
    });
    if (problem !== undefined) return { state: 'damaged', problem };
  }
  return { state, manifest };
}

/** Reads all files of an entry, and resolves to what is wrong, or to `undefined`. Takes about a second a gigabyte. */
export async function verifyContent(
  folder: string,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    for (const file of manifest.files) {
      const problem = await withFile(folder, file, async (handle) =>
        (await fullHash(handle, signal)) === file.sha256 ? undefined : `the content of ${file.name} is not what it was`,
      );
      if (problem !== undefined) return problem;
    }
    return undefined;
  } catch (error) {
    if (isDamage(error)) return reason(error);
    throw error;
  }
}

/** Opens a file of an entry if it is an ordinary one of the right size and owner; resolves to what is wrong. */
async function withFile(
  folder: string,
  { name, bytes }: ManifestFile,
  check: (handle: FileHandle, stamp: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const path = join(folder, name);
  // Looked at before it is opened: opening a named pipe waits for ever.
  if (!(await lstat(path)).isFile()) return `${name} is not an ordinary file`;
  // Windows has no such flag.
  await using handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  const stats = await handle.stat({ bigint: true });
  if (Number(stats.size) !== bytes) return `${name} has ${stats.size} bytes instead of ${bytes}`;
  const foreign = distrust(stats);
  // Awaited here: the file stays open until then.
  return foreign === undefined ? await check(handle, stampOf(stats)) : `${name} ${foreign}`;
}

/** Errors that say something about the entry; others, such as too many open files, say nothing. */
function isDamage(error: unknown): boolean {
  return isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EACCES', 'EPERM', 'EIO');
}
