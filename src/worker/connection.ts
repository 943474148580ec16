import { type Transferable, Worker } from 'node:worker_threads';
import { RerankitError } from '../errors.ts';
import { NativeGuard } from './native-guard.ts';
import { type FromWorkerMessage, fromWire, type Methods, type ToWorkerMessage, type WorkerStart } from './protocol.ts';

interface Waiting {
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((progress: unknown) => void) | undefined;
}

/** How to ask. */
export interface CallOptions<Progress> {
  /** Buffers that move to the worker. */
  readonly transfer?: readonly Transferable[];
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Tells the worker that the answer is not wanted any more; the call still settles when the worker answers. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The main thread's side of one worker thread. The worker keeps the process alive only while a request is pending. When
 * it dies, every pending request rejects with `ENGINE_CRASHED`, and so does every later one: make a new connection.
 */
export class WorkerConnection<M extends Methods<M>> {
  readonly #worker: Worker;
  readonly #label: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #nextId = 0;
  #death: RerankitError | undefined;

  /** `label` names the worker in errors, such as `engine`. */
  constructor(url: URL, label: string) {
    this.#label = label;
    const guard = new NativeGuard();
    const start: WorkerStart = { guard: guard.buffer };
    // The process's own flags (loaders, test runners, --input-type) are not for this thread.
    this.#worker = new Worker(url, { name: `rerankit ${label}`, workerData: start, execArgv: [] });
    this.#worker.unref();
    const unwatch = guard.watch();
    let cause: unknown;
    this.#worker.on('message', (message: FromWorkerMessage) => this.#receive(message));
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        unwatch();
        this.#die(code, cause);
        resolve();
      });
    });
  }

  /** Whether requests can still be answered. */
  get alive(): boolean {
    return this.#death === undefined;
  }

  /** Asks the worker. Rejects with the worker's error, or `ENGINE_CRASHED`. */
  call<Name extends keyof M & string>(
    method: Name,
    request: M[Name]['request'],
    { transfer = [], onProgress, signal }: CallOptions<M[Name]['progress']> = {},
  ): Promise<M[Name]['response']> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = this.#nextId++;
    const send = (message: ToWorkerMessage, moving: readonly Transferable[]) =>
      this.#worker.postMessage(message, moving);
    const abort = () => send({ kind: 'abort', id }, []);
    const answer = new Promise((resolve, reject) => {
      send({ kind: 'request', id, method, request }, transfer);
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.ref();
    });
    if (signal === undefined) return answer;
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', abort));
  }

  /**
   * Ends the thread. Only for workers that are not inside native code: call it after the last answer has come.
   */
  async close(): Promise<void> {
    this.#worker.ref();
    await this.#worker.terminate();
    await this.#exited;
  }

  #receive(message: FromWorkerMessage): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if (message.kind === 'progress') {
      waiting.onProgress?.(message.progress);
      return;
    }
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (message.kind === 'response') waiting.resolve(message.response);
    else waiting.reject(fromWire(message.error));
  }

  #die(code: number, cause: unknown): void {
    const why = cause instanceof Error ? cause.message : `exit code ${code}`;
    this.#death = new RerankitError('ENGINE_CRASHED', `The ${this.#label} worker thread ended: ${why}.`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#death);
    this.#waiting.clear();
  }
}
