import type { CallOptions } from '../../worker/connection.ts';
import { WorkerService } from '../../worker/service.ts';
import type { Engine, MicroBatch } from '../engine.ts';
import { toRunRequest } from '../onnx/wire.ts';
import type { ExportLoadRequest, ExportLoadResponse, ExportMethods } from './protocol.ts';

/** Runs micro-batches of an ONNX export in a worker thread, and starts another one after the thread's death. */
export class ExportEngine implements Engine {
  readonly #worker: WorkerService<ExportMethods, ExportLoadResponse>;
  #disposal: Promise<void> | undefined;

  /** `options` are for the first load: what happens after a crash nobody watches. */
  constructor(
    request: ExportLoadRequest,
    options: CallOptions<{ readonly phase: 'session' }> = {},
    url = new URL('./export-worker.js', import.meta.url),
  ) {
    // ONNX Runtime reports usage unless told otherwise, and reads this before its first session on the main thread only.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
    let { devices } = request;
    let watch = options;
    this.#worker = new WorkerService(url, 'engine', async (connection) => {
      const response = await connection.call('load', { ...request, devices }, watch);
      // After a crash the same device again: results and lane must not change unseen.
      devices = [response.device];
      watch = {};
      return response;
    });
  }

  /** Starts the thread and loads the export, or joins the load under way. */
  async load(): Promise<ExportLoadResponse> {
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
