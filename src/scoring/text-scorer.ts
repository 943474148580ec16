import PQueue from 'p-queue';
import type { SchedulerStats } from '../batching/index.ts';
import { disposed, queueFull } from '../batching/refusals.ts';
import type { EngineRequest, RerankerEngine } from '../engine/reranker-engine.ts';
import { RerankitError, show } from '../errors.ts';
import type { ScoreOptions } from '../types.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type CheckedAnswer, checkAnswer } from './check-answer.ts';
import type { Question, Scored, Scorer } from './scorer.ts';

export interface TextScorerOptions {
  readonly engine: RerankerEngine;
  /** Most requests under way at a time. */
  readonly concurrency: number;
  /** Most documents of a request. */
  readonly batchSize: number;
  readonly maxQueuedDocuments: number;
}

interface Request extends EngineRequest {
  readonly slots: readonly number[];
}

/** Scores texts through an engine that takes texts: in requests of one query each, a few at a time. */
export class TextScorer implements Scorer {
  readonly #options: TextScorerOptions;
  readonly #requests: PQueue;
  #queuedDocuments = 0;
  #openCalls = 0;
  #disposed = false;

  constructor(options: TextScorerOptions) {
    this.#options = options;
    this.#requests = new PQueue({ concurrency: options.concurrency });
  }

  admit({ rows, signal }: Parameters<Scorer['admit']>[0]): void {
    signal?.throwIfAborted();
    if (this.#disposed) throw disposed();
    const full = queueFull(rows, this.#queuedDocuments, this.#options.maxQueuedDocuments);
    if (full) throw full;
  }

  async score(questions: readonly Question[], options: ScoreOptions): Promise<Scored> {
    const { signal, priority = 0, onProgress } = options;
    const total = questions.reduce((sum, { documents }) => sum + documents.length, 0);
    this.admit({ rows: total, signal });
    // The call's own end: its signal, or the failure of one of its requests, gives up the others.
    const end = new AbortController();
    const either = signal === undefined ? end.signal : AbortSignal.any([end.signal, signal]);
    const logits = new Float32Array(total);
    const truncated = new Uint8Array(total);
    let [promptTokens, computedTokens, scored] = [0, 0, 0];
    const run = async (request: Request): Promise<void> => {
      either.throwIfAborted();
      const answer = await this.#ask(request, either, priority);
      either.throwIfAborted();
      for (const [at, slot] of request.slots.entries()) {
        logits[slot] = answer.logits[at] ?? Number.NaN;
        truncated[slot] = answer.truncated[at] ?? 0;
      }
      promptTokens += answer.promptTokens;
      computedTokens += answer.computedTokens;
      scored += request.slots.length;
      this.#queuedDocuments -= request.slots.length;
      onProgress?.({ scored, total });
    };
    this.#queuedDocuments += total;
    this.#openCalls++;
    try {
      const requests = [...requestsOf(questions, this.#options.batchSize)];
      const runs = requests.map((request) => this.#requests.add(() => run(request), { priority }));
      await unlessAborted(Promise.all(runs), either);
    } catch (error) {
      end.abort(error);
      throw error;
    } finally {
      this.#queuedDocuments -= total - scored;
      this.#openCalls--;
    }
    return { logits, truncated, usage: { promptTokens, computedTokens, savedTokens: promptTokens - computedTokens } };
  }

  stats(): SchedulerStats {
    return {
      queuedDocuments: this.#queuedDocuments,
      queuedTokens: 0,
      openCalls: this.#openCalls,
      running: this.#requests.pending > 0,
    };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#requests.onIdle();
    await this.#options.engine.dispose?.();
  }

  async #ask({ slots, ...request }: Request, signal: AbortSignal, priority: number): Promise<CheckedAnswer> {
    try {
      return checkAnswer(await this.#options.engine.score(request, { signal, priority }), slots.length);
    } catch (error) {
      if (signal.aborted || RerankitError.isInstance(error)) throw error;
      const reason = error instanceof Error ? error.message : show(error);
      const message = `The engine failed a request of ${slots.length} documents: ${reason}`;
      throw new RerankitError('ENGINE_FAILED', message, { cause: error });
    }
  }
}

function* requestsOf(questions: readonly Question[], batchSize: number): Generator<Request> {
  for (const { query, instruction, documents } of questions) {
    for (let start = 0; start < documents.length; start += batchSize) {
      const part = documents.slice(start, start + batchSize);
      yield {
        query,
        instruction,
        documents: part.map(({ text }) => text),
        slots: part.map(({ slot }) => slot),
      };
    }
  }
}
