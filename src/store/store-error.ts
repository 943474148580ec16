import { statfs } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { RerankitError } from '../errors.ts';
import { isSystemError } from '../files/system-error.ts';
import { reason } from '../model/json-file.ts';

/** A disk with less room than this is what failed a write. */
const FULL_BYTES = 1 << 20;

/** `CACHE_FAILED`: what is wrong with the folder, and what to do. */
export function storeError(folder: string, what: string, fix: string, cause?: unknown): RerankitError {
  const message = `The cache folder for compiled models ${folder} ${what}. ${fix}, or set compiledDir or RERANKIT_CACHE.`;
  return new RerankitError('CACHE_FAILED', message, { cause });
}

/** Runs the store's own file operations; what the system refuses becomes `CACHE_FAILED`. */
export async function inStore<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSystemError(error) ? fromSystem(folder, error) : error;
  }
}

/**
 * What to throw when a build failed: `CACHE_FAILED` if the store is to blame, else the builder's own error. The builder
 * reads other files too, and native code writes into the folder and fails with errors of its own.
 */
export async function buildError(folder: string, error: unknown): Promise<unknown> {
  if (RerankitError.isInstance(error)) return error;
  if (isFull(error)) return fromSystem(folder, error);
  const inFolder = isSystemError(error) && typeof error.path === 'string' && error.path.startsWith(folder + sep);
  if (inFolder) return fromSystem(folder, error);
  const free = await freeBytes(folder);
  return free < FULL_BYTES ? noRoom(folder, reason(error), error) : error;
}

/** Bytes an ordinary user may still write beside `path`, which need not exist; infinite if the system does not say. */
export async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    const missing = isSystemError(error, 'ENOENT') && dirname(path) !== path;
    return missing ? freeBytes(dirname(path)) : Number.POSITIVE_INFINITY;
  }
}

/** `CACHE_FAILED` for a full disk. */
export function noRoom(folder: string, why: string, cause?: unknown): RerankitError {
  return storeError(folder, `has no room (${why})`, 'Free some space', cause);
}

function fromSystem(folder: string, cause: unknown): RerankitError {
  if (isFull(cause)) return noRoom(folder, reason(cause), cause);
  return storeError(folder, `cannot be used (${reason(cause)})`, 'Make it a folder this process can write', cause);
}

function isFull(error: unknown): boolean {
  return isSystemError(error, 'ENOSPC', 'EDQUOT', 'EFBIG');
}
