import type { EngineOptions } from '../../types.ts';
import type { RemoteProtocol } from './protocols.ts';

/** How to reach a server, and what it speaks. */
export interface ConnectOptions extends EngineOptions {
  /** What the server speaks. */
  readonly protocol: RemoteProtocol;
  /**
   * The model's name, as the server knows it. `cohere`, `jina` and `voyage` need one.
   * @default the one that the server says it serves
   */
  readonly model?: string | undefined;
  /** Sent as `authorization: Bearer …`, to the url's own origin only. @default none */
  readonly apiKey?: string | undefined;
  /** Further headers of every request. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Longest a request may take, in milliseconds; each try has as long. @default 60000 */
  readonly timeout?: number | undefined;
  /** Tries after a lost connection or an answer 429, 502, 503 or 504. @default 2 */
  readonly retries?: number | undefined;
  /** Most requests under way at a time. @default 4 */
  readonly concurrency?: number | undefined;
  /** Most documents of a request, up to the server's own limit. @default by protocol: see docs/remote.md */
  readonly batchSize?: number | undefined;
  /**
   * For `vllm`. `'auto'`: a Qwen3-Reranker's prompt is formatted here, and only other models are given query and document
   * as they are. `'server'`: all are, for a model with a template of its own.
   * @default 'auto'
   */
  readonly prompt?: 'auto' | 'server' | undefined;
  /**
   * For `vllm`, where the prompt is formatted here: longest prompt in tokens; longer documents lose their tail.
   * @default 8192, or the server's limit if that is less
   */
  readonly maxLength?: number | undefined;
  /** The transport. @default Node's own `fetch` */
  readonly fetch?: typeof fetch | undefined;
  /** Gives up connecting: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is known of a server. */
export interface RemoteInfo {
  readonly url: string;
  readonly protocol: RemoteProtocol;
  /** Who writes the model's prompt: this library, or the server. */
  readonly prompt: 'client' | 'server';
  /** What the server's numbers are; all are turned into logits. */
  readonly scores: ScoreKind;
}

/** Logits, probabilities (whose logit is taken), or cosine similarities (mapped to `(1 + s) / 2` first). */
export type ScoreKind = 'logit' | 'probability' | 'cosine';
