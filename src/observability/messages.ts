import type { Device } from '../engine/onnx/device.ts';
import type { RerankerInfo, Usage } from '../types.ts';

/** What something failed with. Without a message: it might quote a query or a document. */
export interface TraceError {
  /** The error's class: `RerankitError`, or for a call that was given up `AbortError`, `TimeoutError`, … */
  readonly name: string;
  /** The code of a `RerankitError`. */
  readonly code: string | undefined;
}

/** What every message has at its end, from `asyncStart` on (`error` from `error` on). */
export interface TraceEnd {
  /** How long it took. */
  milliseconds?: number;
  /** What it failed with, if it did. */
  error?: TraceError;
}

/** Message of `tracing:rerankit:load:*`: a model is loaded, or a server connected to. */
export interface LoadTrace extends TraceEnd {
  /** The model as it was asked for; `embedded` where none was named, and the protocol where a server's model was not. */
  readonly model: string;
  /** At the end, unless loading failed: what was loaded, and where it runs. */
  info?: RerankerInfo;
}

/** What runs or is called. */
export interface TracedModel {
  /** As in `reranker.info`. */
  readonly model: string;
  /** As in `reranker.info`: `undefined` where an engine from outside computes. */
  readonly device: Device | undefined;
}

/** What the messages of all calls have. The optional parts come at the end of calls that succeed. */
export interface CallTrace extends TracedModel, TraceEnd {
  /** Documents, pairs or queries of the call. */
  readonly documents: number;
  usage?: Usage;
  /** Documents that were too long and lost their tail. */
  truncated?: number;
  /** Runs that had documents of the call. */
  runs?: number;
  /** From the start of the call to that of its first run. */
  queueMilliseconds?: number;
  /** Spent in those runs, together; calls that share a run count it each. */
  runMilliseconds?: number;
}

/** Message of `tracing:rerankit:rerank:*`: a call of `rerank` or `score`. */
export interface RerankTrace extends CallTrace {
  readonly kind: 'rerank' | 'score';
}

/** Message of `tracing:rerankit:embed:*`: a call of `embedQuery` or `embedDocuments`. */
export interface EmbedTrace extends CallTrace {
  readonly kind: 'query' | 'documents';
}

/** Message of `tracing:rerankit:run:*`: a micro-batch of the network, or a request to an engine from outside. */
export interface RunTrace extends TracedModel, TraceEnd {
  readonly documents: number;
  /** Calls that have documents in it. */
  readonly calls: number;
  /** Distinct prompt prefixes: queries with their instructions. */
  readonly queries: number;
  /** How long the call that waited longest had waited, since it was made or since its last run ended. */
  readonly queueMilliseconds: number;
  /**
   * Tokens that are computed, shared prefixes once. Of an engine from outside it is known at the end, if it tells.
   */
  tokens?: number;
  /** Of these, tokens of prefixes. Not known of engines from outside. */
  prefixTokens?: number;
}
