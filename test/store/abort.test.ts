import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/files/lock.ts';
import { rejection } from '../model/hub-setup.ts';
import { KEY, useStore } from './setup.ts';

describe('an aborted call', () => {
  const reason = new Error('changed my mind');

  it('before it begins does nothing', async () => {
    const { obtain, builds } = await useStore();
    expect(await rejection(obtain(KEY, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(builds()).toBe(0);
  });

  it.each([
    ['rejects with an error of its own', () => Promise.reject(new Error('interrupted'))],
    ['rejects with the reason', () => Promise.reject(reason)],
    ['does not care', () => Promise.resolve(undefined)],
  ])('leaves nothing when a builder %s', async (_, end) => {
    const { store, leftovers } = await useStore();
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = store.obtain(
      KEY,
      async (entry) => {
        await (await entry.create('weights.bin')).write(new Uint8Array(1000));
        controller.abort(reason);
        expect(entry.signal?.aborted).toBe(true);
        return end();
      },
      { signal },
    );
    expect(await rejection(aborted)).toBe(reason);
    expect(await store.list()).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  it('leaves nothing, whenever it is', async () => {
    const { obtain, store, leftovers } = await useStore({ bytes: 3_000_000 });
    for (let ms = 0; ms < 30; ms += 2) {
      const controller = new AbortController();
      const call = obtain(KEY, { signal: controller.signal }).then(
        ({ release }) => release(),
        (error: unknown) => expect(error).toBe(reason),
      );
      await delay(ms);
      controller.abort(reason);
      await call;
      expect(await leftovers()).toEqual([]);
      for (const { key } of await store.list()) expect(await store.verify(key)).toBeUndefined();
      await store.clear();
    }
  });

  it('stops waiting at once, and leaves the builder alone', async () => {
    const { obtain, folder } = await useStore();
    await (await obtain()).release();
    await withLock(`${folder}/compiled/locks/${KEY}.lock`, {}, async () => {
      const controller = new AbortController();
      const start = performance.now();
      const waiting = obtain(KEY, { signal: controller.signal, onWaiting: () => controller.abort(reason) });
      expect(await rejection(waiting)).toBe(reason);
      expect(performance.now() - start).toBeLessThan(1000);
    });
    expect(await obtain()).toMatchObject({ built: false });
  });
});
