import { WorkerService } from '../worker/service.ts';
import type { EncodeRequest, EncodeResponse, LoadRequest, LoadResponse, TokenizerMethods } from './protocol.ts';

/** Encodes prompts in a thread of its own, so that neither the caller's event loop nor the engine waits for text. */
export class TokenizerClient {
  readonly #worker: WorkerService<TokenizerMethods, LoadResponse>;

  constructor(request: LoadRequest, url = new URL('./tokenizer-worker.js', import.meta.url)) {
    this.#worker = new WorkerService(url, 'tokenizer', (connection) => connection.call('load', request));
  }

  /** Starts the thread and reads the tokenizer, or joins that under way. */
  async load(): Promise<LoadResponse> {
    return (await this.#worker.ready()).prepared;
  }

  async encode(request: EncodeRequest): Promise<EncodeResponse> {
    const { connection } = await this.#worker.ready();
    return connection.call('encode', request);
  }

  dispose(): Promise<void> {
    return this.#worker.end(async () => {});
  }
}
