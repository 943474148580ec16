import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { tryLock, withLock } from '../../src/files/lock.ts';
import { ownerMark, ownerState } from '../../src/files/owner.ts';
import { rejection } from '../model/hub-setup.ts';
import { scratch } from '../model/scratch.ts';

describe('the lock', () => {
  const GONE = ownerMark().replace(/^\d+/, '999999999');
  const lockPath = async () => join(await scratch(), 'x.lock');

  it('has one holder at a time, also after one that died', async () => {
    const path = await lockPath();
    await writeFile(path, GONE);
    let [holders, most, runs] = [0, 0, 0];
    const work = async () => {
      most = Math.max(most, ++holders);
      await delay(5);
      holders--;
      runs++;
    };
    await Promise.all(Array.from({ length: 6 }, () => withLock(path, {}, work)));
    expect({ most, runs }).toEqual({ most: 1, runs: 6 });
  });

  it('is taken from a holder of another machine whose heart stopped', async () => {
    const path = await lockPath();
    await writeFile(path, `1-1-${'0'.repeat(16)} token`);
    const start = performance.now();
    await withLock(path, { staleMs: 250 }, async () => {});
    expect(performance.now() - start).toBeGreaterThan(250);
  });

  it('is not deleted by a holder that lost it', async () => {
    const path = await lockPath();
    await withLock(path, {}, () => writeFile(path, 'successor'));
    expect(await readFile(path, 'utf8')).toBe('successor');
  });

  it('can be tried without waiting', async () => {
    const path = await lockPath();
    expect(await withLock(path, {}, () => tryLock(path, async () => 'in'))).toBeUndefined();
    expect(await tryLock(path, async () => 'in')).toBe('in');
  });

  it('ends the wait with the reason of the signal', async () => {
    const path = await lockPath();
    const signal = AbortSignal.timeout(50);
    await withLock(path, {}, async () => {
      const error = await rejection(withLock(path, { signal }, async () => {}));
      expect(error).toBe(signal.reason);
    });
  });
});

describe('the owner’s mark', () => {
  it('tells the living from the gone, and from a later process with the same number', () => {
    expect(ownerState(ownerMark())).toBe('alive');
    expect(ownerState(ownerMark().replace(/^\d+/, '999999999'))).toBe('gone');
    const earlier = ownerMark().replace(/-\d+-/, '-1-');
    expect(ownerState(earlier)).toBe(process.platform === 'linux' ? 'gone' : 'alive');
    expect(ownerState('1-1-0123456789abcdef')).toBe('unknown');
  });

  it.skipIf(process.platform !== 'linux')(
    'is gone when it has died, though nobody has asked how',
    { timeout: 15_000 },
    async () => {
      // The shell becomes a program that never waits for its child, before the child ends.
      const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        const [line] = await once(parent.stdout, 'data');
        const pid = Number(String(line));
        await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'latin1'), { timeout: 10_000 }).toContain(') Z ');
        expect(ownerState(ownerMark(pid))).toBe('gone');
      } finally {
        parent.kill();
      }
      expect(ownerState('nonsense')).toBe('unknown');
    },
  );
});
