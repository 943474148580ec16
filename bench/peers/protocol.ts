import type { Call, Workload } from '../workloads.ts';

/** What is measured: a package, and the numeric type it runs the model in. */
export interface Contender {
  readonly id: string;
  readonly task: Task;
  readonly engine: Engine;
  readonly variant: string;
}

/** What a contender does with documents: ranks them for a query, or makes vectors of them. */
export type Task = 'ranking' | 'embedding';

export type Engine = 'rerankit' | 'node-llama-cpp' | 'transformers.js';

/** What a child process is asked to do: to load a model, and then to rank. */
export interface PeerRequest {
  /** The numeric type, for the engine that has a choice. */
  readonly variant: string;
  /** A folder, or a file. */
  readonly model: string;
  readonly threads: number;
  /** The longest prompt that will come, in tokens, with room to spare. */
  readonly maxLength: number;
  readonly yesId: number;
  readonly noId: number;
  /** What was found to be fastest; the engine's own choice if undefined. */
  readonly tuning: Tuning | undefined;
  readonly work: Work;
}

/** Settings that are found by trying. */
export interface Tuning {
  /** Documents, or tokens, as the engine counts. */
  readonly batchSize: number;
  readonly flashAttention?: boolean;
}

export type Work =
  /** Nothing but loading. */
  | { readonly kind: 'load' }
  /** Find the fastest settings for texts like those of the workload. */
  | { readonly kind: 'tune'; readonly workload: Workload; readonly runs: number }
  /** Rank the workload's documents again and again: at most `runs` times, none begun after so many seconds. */
  | { readonly kind: 'rank'; readonly workload: Workload; readonly runs: number; readonly seconds: number }
  /** Tell the logits, with the token ids that this library has, or with the engine's own way of making them. */
  | { readonly kind: 'score'; readonly call: Call; readonly sameIds: boolean };

export type PeerResult =
  | {
      readonly kind: 'done';
      readonly loadMs: number;
      /** Bytes: the highest resident memory of the process. */
      readonly peakBytes: number;
      /** One a run, in ms. */
      readonly runs: readonly number[];
      /** Of the documents of the first run. */
      readonly promptTokens: number;
      /** Of `score` only, in the order of the documents. */
      readonly logits: readonly number[];
      /** What was chosen, in words. */
      readonly settings: string;
      /** Of `tune` only. */
      readonly tuned: Tuned | undefined;
    }
  /** The engine would not load the model this way; `reason` is its own message. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface Tuned {
  readonly tuning: Tuning;
  /** What each of the settings came to, in words. */
  readonly tried: string;
}

/** An engine with a model loaded. */
export interface Ranker {
  readonly settings: string;
  rank(call: Call): Promise<Ranking>;
  /** Finds the fastest settings for documents like these, where there is a choice. */
  tune?(call: Call): Promise<Tuned>;
  dispose(): Promise<void>;
}

export interface Ranking {
  /** Tokens of the prompts as the engine makes them, without padding. Asked for when no clock runs. */
  readonly countTokens: () => number;
  /**
   * logit(yes) - logit(no) of each document, in the order of the call; when embedding, the cosine of its vector and that of
   * the query, which is embedded as a document too.
   */
  readonly logits: readonly number[];
}
