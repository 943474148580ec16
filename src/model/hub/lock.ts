import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { sleep } from './retry.ts';

const HEARTBEAT_MS = 2_000;
/** A lock without a heartbeat for this long, by the waiter's own clock, belongs to a process that died. */
const STALE_MS = 15_000;
const POLL_MS = 100;

/**
 * Runs `work` while holding a lock file, so that two processes do not fetch the same file twice. Node has no `flock`,
 * so this is courtesy, not a guarantee: whoever relies on it must stay correct if two holders ever meet.
 * @param waiting called several times a second while another holder is at work
 */
export async function withLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  waiting: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let seen: { readonly heartbeat: number; readonly since: number } | undefined;
  while (!(await acquire(path))) {
    signal?.throwIfAborted();
    const heartbeat = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (heartbeat !== undefined) {
      // Compared with itself and not with this machine's time: the cache may lie on another one.
      if (seen?.heartbeat !== heartbeat) seen = { heartbeat, since: performance.now() };
      if (performance.now() - seen.since > STALE_MS || (await ownerIsDead(path))) await rm(path, { force: true });
      await waiting();
    }
    await sleep(POLL_MS, signal);
  }
  const heart = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx');
    await file.writeFile(`${process.pid}@${hostname()}`);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'EPERM')) {
      // Windows says EPERM while the other holder is deleting the file.
      if (error.code === 'EEXIST' || process.platform === 'win32') return false;
    }
    throw error;
  }
}

/** Whether the holder was a process of this machine that is gone, so that nobody waits for the heartbeat to fail. */
async function ownerIsDead(path: string): Promise<boolean> {
  const [, pid, host] = /^(\d+)@(.+)$/.exec(await readFile(path, 'utf8').catch(() => '')) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
