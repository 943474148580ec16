import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { NativeGuard } from '../src/worker/native-guard.ts';

test('a worker that finds the process ending does not enter, and does not keep it waiting', async () => {
  const guard = new NativeGuard();
  const flags = new Int32Array(guard.buffer);
  Atomics.store(flags, 1, 1); // As `stop` does, before it waits.
  let entered = false;
  void guard.enter(async () => {
    entered = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(entered).toBe(false);
  expect(Atomics.wait(flags, 0, 1, 0)).toBe('not-equal'); // `stop` would go on.
});

test('stop waits until the worker is out of native code', async () => {
  const guard = new NativeGuard();
  const flags = new Int32Array(guard.buffer);
  Atomics.store(flags, 0, 1);
  const worker = new Worker(
    `const flags = new Int32Array(require('node:worker_threads').workerData);
     setTimeout(() => { Atomics.store(flags, 0, 0); Atomics.notify(flags, 0); }, 50);`,
    { eval: true, workerData: guard.buffer },
  );
  await new Promise((resolve) => worker.once('online', resolve));
  guard.stop();
  expect(Atomics.load(flags, 0)).toBe(0);
  await worker.terminate();
});

test('the guard is free again after work that fails', async () => {
  const guard = new NativeGuard();
  await expect(guard.enter(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(Atomics.load(new Int32Array(guard.buffer), 0)).toBe(0);
});
