import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;
const BUSY = 0;
const STOP = 1;

/** The guards of all living workers, of every copy of the library in the process. */
const GUARDS = Symbol.for('rerankit.native-guards');

/**
 * Keeps the process from ending while a worker is inside native code: Node ends worker threads on exit, and ending one in
 * the middle of ONNX Runtime aborts the process. Each side writes its flag before it reads the other's, so either the
 * worker does not enter or the main thread waits until it is out.
 */
export class NativeGuard {
  readonly buffer: SharedArrayBuffer;
  readonly #flags: Int32Array;

  constructor(buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#flags = new Int32Array(buffer);
  }

  /** In the worker: runs native work, or never resolves if the process is ending. */
  async enter<T>(work: () => Promise<T>): Promise<T> {
    Atomics.store(this.#flags, BUSY, 1);
    if (Atomics.load(this.#flags, STOP) === 1) {
      this.#leave(); // The main thread may be waiting already.
      return new Promise<never>(() => {});
    }
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** On the main thread: makes the end of the process wait for the worker from now on. Returns how to undo that. */
  watch(): () => void {
    const guards = livingGuards();
    guards.add(this);
    return () => guards.delete(this);
  }

  /** On the main thread: keeps the worker from entering native code from now on. Whether it is inside. */
  forbid(): boolean {
    Atomics.store(this.#flags, STOP, 1);
    return Atomics.load(this.#flags, BUSY) === 1;
  }

  stop(): void {
    this.forbid();
    Atomics.wait(this.#flags, BUSY, 1);
  }

  #leave(): void {
    Atomics.store(this.#flags, BUSY, 0);
    Atomics.notify(this.#flags, BUSY);
  }
}

/**
 * Lets no worker enter native code any more, and resolves to whether all are out of it within `ms` milliseconds. For the
 * end of a process only: `process.exit` waits without end, and stops the event loop meanwhile.
 */
export async function nativeWorkEnds(ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while ([...livingGuards()].map((guard) => guard.forbid()).includes(true)) {
    if (performance.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function livingGuards(): Set<NativeGuard> {
  const registry = globalThis as { [GUARDS]?: Set<NativeGuard> };
  if (registry[GUARDS] === undefined) {
    const guards = new Set<NativeGuard>();
    registry[GUARDS] = guards;
    process.on('exit', () => {
      for (const guard of guards) guard.stop();
    });
  }
  return registry[GUARDS];
}
