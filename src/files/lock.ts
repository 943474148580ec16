import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OWNER_MARK, ownerMark, ownerState } from './owner.ts';
import { sleep } from './sleep.ts';
import { isSystemError } from './system-error.ts';

const HEARTBEAT_MS = 2_000;
const POLL_MS = 100;

export interface LockOptions {
  /** Ends the wait, with its own reason. It does not end `work`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * A lock without a heartbeat for this many milliseconds, by the waiter's own clock, belongs to nobody any more. Must
   * be longer than the holder's event loop may be blocked.
   * @default 15_000
   */
  readonly staleMs?: number;
  /** Called several times a second while another holder is at work. */
  readonly waiting?: () => Promise<void>;
}

/**
 * Runs `work` while holding a lock file, so that two processes do not do the same work twice. Node has no `flock`,
 * so this is courtesy, not a guarantee: whoever relies on it must stay correct if two holders ever meet.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { signal, staleMs = 15_000 } = options;
  await mkdir(dirname(path), { recursive: true });
  const token = `${ownerMark()} ${randomUUID()}`;
  let seen: { readonly heartbeat: number; readonly since: number } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    if (await acquire(path, token)) break;
    const heartbeat = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (heartbeat !== undefined) {
      // Compared with itself and not with this machine's time: the cache may lie on another one.
      if (seen?.heartbeat !== heartbeat) seen = { heartbeat, since: performance.now() };
      const holder = await readFile(path, 'utf8').catch(() => '');
      const silent = performance.now() - seen.since > staleMs;
      if (silent || ownerState(OWNER_MARK.exec(holder)?.[0] ?? '') === 'gone') {
        await breakLock(path, holder);
        continue;
      }
      await options.waiting?.();
    }
    await sleep(POLL_MS, signal);
  }
  return hold(path, token, work);
}

/** {@link withLock} without the wait: resolves to `undefined`, and does no work, if somebody else holds the lock. */
export async function tryLock<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const token = `${ownerMark()} ${randomUUID()}`;
  return (await acquire(path, token)) ? hold(path, token, work) : undefined;
}

async function hold<T>(path: string, token: string, work: () => Promise<T>): Promise<T> {
  const heart = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    // Not the lock of somebody who thought this holder dead and took over.
    if ((await readFile(path, 'utf8').catch(() => token)) === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, token: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(token);
    } catch (error) {
      await rm(path, { force: true }); // On a full disk the name can be had, but not the content.
      throw error;
    }
    return true;
  } catch (error) {
    // Windows says EPERM while the other holder is deleting the file.
    if (isSystemError(error, 'EEXIST') || (process.platform === 'win32' && isSystemError(error, 'EPERM'))) return false;
    throw error;
  }
}

/**
 * Removes a dead holder's lock. Several waiters may find it dead at once, and one of them may have taken over already:
 * so the lock is moved aside first, and put back if it turns out to be another one.
 */
async function breakLock(path: string, holder: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readFile(aside, 'utf8').catch(() => '')) !== holder) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
