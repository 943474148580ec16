import type { SplitPassages } from '../passages/split-part.ts';
import { WorkerService } from '../worker/service.ts';
import type {
  EncodeRequest,
  EncodeResponse,
  EncodeTextsRequest,
  LoadPairsResponse,
  LoadRequest,
  LoadResponse,
  LoadTextsResponse,
  SplitRequest,
  TokenizerMethods,
} from './protocol.ts';

/** Encodes prompts in a thread of its own, so that neither the caller's event loop nor the engine waits for text. */
export class TokenizerClient<Loaded extends LoadResponse | LoadPairsResponse | LoadTextsResponse = LoadResponse> {
  readonly #worker: WorkerService<TokenizerMethods, Loaded>;

  private constructor(worker: WorkerService<TokenizerMethods, Loaded>) {
    this.#worker = worker;
  }

  /** For the prompts of Qwen3-Reranker. */
  static forPrompts(request: LoadRequest, url = workerUrl()): TokenizerClient<LoadResponse> {
    return new TokenizerClient(
      new WorkerService<TokenizerMethods, LoadResponse>(url, 'tokenizer', (one) => one.call('load', request)),
    );
  }

  /** For the pairs of a cross-encoder. */
  static forPairs(request: LoadRequest, url = workerUrl()): TokenizerClient<LoadPairsResponse> {
    return new TokenizerClient(
      new WorkerService<TokenizerMethods, LoadPairsResponse>(url, 'tokenizer', (one) => one.call('loadPairs', request)),
    );
  }

  /** For texts that are embedded: goes with {@link encodeTexts}. */
  static forTexts(request: LoadRequest, url = workerUrl()): TokenizerClient<LoadTextsResponse> {
    return new TokenizerClient(
      new WorkerService<TokenizerMethods, LoadTextsResponse>(url, 'tokenizer', (one) => one.call('loadTexts', request)),
    );
  }

  /** Starts the thread and reads the tokenizer, or joins that under way. */
  async load(): Promise<Loaded> {
    return (await this.#worker.ready()).prepared;
  }

  async encode(request: EncodeRequest): Promise<EncodeResponse> {
    const { connection } = await this.#worker.ready();
    return connection.call('encode', request);
  }

  async encodeTexts(request: EncodeTextsRequest): Promise<EncodeResponse> {
    const { connection } = await this.#worker.ready();
    return connection.call('encodeTexts', request);
  }

  async split(request: SplitRequest): Promise<readonly SplitPassages[]> {
    const { connection } = await this.#worker.ready();
    return connection.call('split', request);
  }

  dispose(): Promise<void> {
    return this.#worker.end(async () => {});
  }
}

function workerUrl(): URL {
  return new URL('./tokenizer-worker.js', import.meta.url);
}
