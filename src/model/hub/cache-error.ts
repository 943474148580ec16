import { RerankitError } from '../../errors.ts';
import { reason } from '../json-file.ts';

/** Runs file operations in the cache folder; what the system refuses becomes `CACHE_FAILED`, saying what to do. */
export async function inCache<T>(cacheDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (RerankitError.isInstance(cause) || !(cause instanceof Error) || !('syscall' in cause)) throw cause;
    const code = 'code' in cause ? cause.code : undefined;
    const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
    const message = full
      ? `The cache folder ${cacheDir} has no room (${reason(cause)}). Free some space, or set cacheDir or HF_HOME to another disk.`
      : `The cache folder ${cacheDir} cannot be used (${reason(cause)}). Make it writable, or set cacheDir or HF_HOME.`;
    throw new RerankitError('CACHE_FAILED', message, { cause });
  }
}
