import { WorkerConnection } from '../worker/connection.ts';
import type { EncodeRequest, EncodeResponse, LoadRequest, LoadResponse, TokenizerMethods } from './protocol.ts';

/** Encodes prompts in a thread of its own, so that neither the caller's event loop nor the engine waits for text. */
export class TokenizerClient {
  readonly #url: URL;
  readonly #request: LoadRequest;
  #connection: WorkerConnection<TokenizerMethods> | undefined;
  #loaded: Promise<LoadResponse> | undefined;

  constructor(request: LoadRequest, url = new URL('./tokenizer-worker.js', import.meta.url)) {
    this.#request = request;
    this.#url = url;
  }

  /** Starts the thread and reads the tokenizer. After the thread's death, starts another one. */
  load(): Promise<LoadResponse> {
    if (this.#loaded === undefined || this.#connection?.alive === false) {
      this.#connection = new WorkerConnection(this.#url, 'tokenizer');
      this.#loaded = this.#connection.call('load', this.#request);
    }
    return this.#loaded;
  }

  async encode(request: EncodeRequest): Promise<EncodeResponse> {
    await this.load();
    const connection = this.#connection;
    if (connection === undefined) throw new Error('unreachable: load() makes a connection');
    return connection.call('encode', request);
  }

  async dispose(): Promise<void> {
    await this.#connection?.close();
  }
}
