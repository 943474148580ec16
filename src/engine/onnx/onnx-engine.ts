import { WorkerConnection } from '../../worker/connection.ts';
import type { Engine, MicroBatch } from '../engine.ts';
import type { EngineMethods, LoadRequest, LoadResponse } from './protocol.ts';
import { toRunRequest } from './wire.ts';

/** Runs micro-batches on ONNX Runtime in a worker thread, and starts another one after the thread's death. */
export class OnnxEngine implements Engine {
  readonly #request: LoadRequest;
  readonly #url: URL;
  #connection: WorkerConnection<EngineMethods> | undefined;
  #loaded: Promise<LoadResponse> | undefined;
  #disposal: Promise<void> | undefined;

  constructor(request: LoadRequest, url = new URL('./engine-worker.js', import.meta.url)) {
    // ONNX Runtime reports usage unless told otherwise, and reads this before its first session on the main thread only.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
    this.#request = request;
    this.#url = url;
  }

  /** Starts the thread and loads the model, or joins the load under way. */
  load(): Promise<LoadResponse> {
    if (this.#loaded === undefined || this.#connection?.alive === false) {
      this.#connection = new WorkerConnection(this.#url, 'engine');
      this.#loaded = this.#connection.call('load', this.#request);
    }
    return this.#loaded;
  }

  async run(batch: MicroBatch): Promise<Float32Array> {
    await this.load();
    const connection = this.#connection;
    if (connection === undefined) throw new Error('unreachable: load() makes a connection');
    const request = toRunRequest(batch);
    return connection.call('run', request, [request.tokens.buffer as ArrayBuffer]);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#end();
    return this.#disposal;
  }

  async #end(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    // Answers come in order, so no native call is under way once this one is answered (or the thread is gone).
    if (connection.alive) await connection.call('dispose', undefined).catch(() => {});
    await connection.close();
  }
}
