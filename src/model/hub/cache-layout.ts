import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * One model's folder in the cache that Python's huggingface_hub made the common one:
 * `blobs/<etag>` holds contents, `snapshots/<commit>/<path>` links to them, `refs/<branch>` names the branch's commit.
 */
export interface CacheLayout {
  blob(etag: string): string;
  snapshot(commit: string): string;
  ref(revision: string): string;
  /** Lock files live outside the model's folder, where Python keeps its own. */
  lock(etag: string): string;
}

export function cacheLayout(cacheDir: string, repository: string): CacheLayout {
  const name = `models--${repository.replaceAll('/', '--')}`;
  const folder = join(cacheDir, name);
  return {
    blob: (etag) => join(folder, 'blobs', etag),
    snapshot: (commit) => join(folder, 'snapshots', commit),
    ref: (revision) => join(folder, 'refs', revision),
    lock: (etag) => join(cacheDir, '.locks', name, `${etag}.rerankit.lock`),
  };
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** The commit a revision stood for when it was last fetched. */
export async function cachedCommit(layout: CacheLayout, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const commit = await readFile(layout.ref(revision), 'utf8').catch(() => '');
  return isCommit(commit.trim()) ? commit.trim() : undefined;
}

/** Remembers a revision's commit, for when the Hub is out of reach. */
export async function writeRef(layout: CacheLayout, revision: string, commit: string): Promise<void> {
  if (isCommit(revision) || (await cachedCommit(layout, revision)) === commit) return;
  const path = layout.ref(revision);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, commit);
  await rename(temporary, path);
}

/** Size of a file, links followed; nothing if there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ? stats.size : undefined;
}

/**
 * Makes a blob appear in a snapshot: by a relative symbolic link, as Python does; by a hard link where symbolic ones
 * need rights (Windows); by a copy where the file system has neither.
 */
export async function placeInSnapshot(blob: string, pointer: string, links = { symlink, link }): Promise<void> {
  const folder = dirname(pointer);
  await mkdir(folder, { recursive: true });
  // Made beside its place and renamed into it: another process may be doing the same, and readers never see a gap.
  const temporary = `${pointer}.${randomUUID()}.tmp`;
  try {
    await links
      .symlink(relative(folder, blob), temporary)
      .catch(() => links.link(blob, temporary))
      .catch(() => copyFile(blob, temporary));
    await rename(temporary, pointer);
  } finally {
    await rm(temporary, { force: true });
  }
}
