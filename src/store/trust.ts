import type { BigIntStats, Stats } from 'node:fs';

/**
 * Why a file or folder may have been written by somebody else than this user or root; `undefined` if it may not.
 * A group that may write is let pass: orchestrators give mounted volumes to a group, again at each start.
 * Windows has no such permissions; there the user's profile protects the folder.
 */
export function distrust({ uid, mode }: Stats | BigIntStats): string | undefined {
  const self = process.getuid?.();
  if (self === undefined) return undefined;
  if (Number(uid) !== self && Number(uid) !== 0) return `belongs to the user ${uid}, not to ${self}`;
  return (Number(mode) & 0o002) === 0 ? undefined : 'can be written by every user';
}
