import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names a process so that others can tell whether it still lives: `pid-start-machine`, safe in file names. `start`, where
 * the system tells it, keeps a process apart from a later one with the same number: in a restarted container that is
 * the rule and not the exception.
 * @param pid a process of this machine; the present one by default
 */
export function ownerMark(pid: number = process.pid): string {
  return `${pid}-${startOf(pid) ?? 0}-${machine()}`;
}

/** What a mark looks like, for those who look for one inside a longer name. */
export const OWNER_MARK = /\d+-\d+-[0-9a-f]{16}/;

/** Whether the process of a mark lives; `unknown` for one of another machine, or what is not a mark. */
export function ownerState(mark: string): 'alive' | 'gone' | 'unknown' {
  const [, pid, start, where] = /^(\d+)-(\d+)-([0-9a-f]{16})$/.exec(mark) ?? [];
  if (pid === undefined || where !== machine()) return 'unknown';
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // Anything else, such as EPERM, is said of a process that exists.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return 'gone';
  }
  // Dead, and not yet asked about by its parent: where nobody ever asks, as in some containers, it stays so.
  if (statusOf(Number(pid))?.[0] === 'Z') return 'gone';
  const now = startOf(Number(pid));
  return start === '0' || now === undefined || now === start ? 'alive' : 'gone';
}

/** When a process started, in clock ticks since boot. Linux only. */
function startOf(pid: number): string | undefined {
  return statusOf(pid)?.[19];
}

/** What Linux says of a process: its state, and what follows that in `/proc/PID/stat`. */
function statusOf(pid: number): readonly string[] | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The second field, the command in parentheses, may itself hold spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

let machineId: string | undefined;

/** Where process numbers mean the same: a host, from boot to boot, and a container's own numbering. */
function machine(): string {
  const boot = () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
  const numbering = () => readlinkSync('/proc/self/ns/pid');
  machineId ??= createHash('sha256')
    .update(JSON.stringify([hostname(), attempt(boot), attempt(numbering)]))
    .digest('hex')
    .slice(0, 16);
  return machineId;
}

/** Systems without `/proc`, or with a restricted one, tell less. */
function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
