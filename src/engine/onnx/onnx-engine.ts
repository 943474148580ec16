import type { CallOptions } from '../../worker/connection.ts';
import { WorkerService } from '../../worker/service.ts';
import type { Engine, MicroBatch } from '../engine.ts';
import { removeCoreFolderAtExit } from './cuda/core-folder.ts';
import type { AnswerIds, EngineMethods, EngineProgress, LoadRequest, LoadResponse } from './protocol.ts';
import { toRunRequest } from './wire.ts';

/** Runs micro-batches on ONNX Runtime in a worker thread, and starts another one after the thread's death. */
export class OnnxEngine implements Engine {
  readonly #worker: WorkerService<EngineMethods, LoadResponse>;
  #disposal: Promise<void> | undefined;

  /**
   * `answers` may come while the model is being loaded; an embedder has none, but runs nothing before they have come.
   * `options` are for the first load: what happens after a crash
   * nobody watches.
   */
  constructor(
    request: LoadRequest,
    answers: Promise<AnswerIds | undefined>,
    options: CallOptions<EngineProgress> = {},
    url = new URL('./engine-worker.js', import.meta.url),
  ) {
    // ONNX Runtime reports usage unless told otherwise, and reads this before its first session on the main thread only.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
    removeCoreFolderAtExit();
    let { devices, dtype } = request;
    let watch = options;
    this.#worker = new WorkerService(url, 'engine', async (connection) => {
      const response = await connection.call('load', { ...request, devices, dtype }, watch);
      // After a crash the same device and type again: results and lane must not change unseen.
      devices = [response.device];
      dtype = response.dtype.dtype;
      watch = {};
      const ids = await answers;
      if (ids !== undefined) await connection.call('answers', ids);
      return response;
    });
  }

  /** Starts the thread and loads the model, or joins the load under way. */
  async load(): Promise<LoadResponse> {
    return (await this.#worker.ready()).prepared;
  }

  async run(batch: MicroBatch): Promise<Float32Array> {
    const { connection } = await this.#worker.ready();
    const request = toRunRequest(batch);
    return connection.call('run', request, { transfer: [request.tokens.buffer] });
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#worker.end((connection) => connection.call('dispose', undefined));
    return this.#disposal;
  }
}
