import { setImmediate } from 'node:timers/promises';
import PQueue from 'p-queue';
import { onAbort } from '../batching/abort-listeners.ts';
import { Deferred } from '../batching/deferred.ts';
import type { SchedulerStats } from '../batching/index.ts';
import { disposed, queueFull } from '../batching/refusals.ts';
import type { EngineCallOptions, EngineRequest, RerankerEngine } from '../engine/reranker-engine.ts';
import { RerankitError, show } from '../errors.ts';
import { type RunTrace, runChannel, type TracedModel, trace } from '../observability/index.ts';
import { splitPart } from '../passages/split-part.ts';
import type { Range } from '../passages/split-passages.ts';
import type { ScoreOptions } from '../types.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type CheckedAnswer, checkAnswer } from './check-answer.ts';
import { passageDocuments, passageRanges, type SplitWish } from './passage-ranges.ts';
import type { LongQuestion, Question, Scored, ScoredPassages, Scorer } from './scorer.ts';
import { TextCall } from './text-call.ts';
import { requestsOf } from './text-requests.ts';

export interface TextScorerOptions {
  readonly engine: RerankerEngine;
  /** What tracing says is running. */
  readonly traced: TracedModel;
  /** Most requests under way at a time. */
  readonly concurrency: number;
  /** Most documents of a request. */
  readonly batchSize: number;
  readonly maxQueuedDocuments: number;
  /** Tokens of a text, where that is known: long documents are split by it. */
  readonly countTokens?: ((text: string) => number) | undefined;
}

/**
 * Scores texts through an engine that takes texts: in requests of one query each, a few at a time. Calls of one priority
 * take turns request by request, so that a small one does not wait for all of a huge one.
 */
export class TextScorer implements Scorer {
  readonly #options: TextScorerOptions;
  /** Requests under way; a call waits here with no more of them than may be under way. */
  readonly #turns: PQueue;
  #queuedDocuments = 0;
  #openCalls = 0;
  #runs = 0;
  #runMilliseconds = 0;
  /** Set when disposed; resolves when no call is open. */
  #drained: Deferred<void> | undefined;

  readonly scorePassages: Scorer['scorePassages'];

  constructor(options: TextScorerOptions) {
    const { countTokens } = options;
    this.#options = options;
    this.scorePassages =
      countTokens && ((question, wish, call) => this.#scorePassages(countTokens, question, wish, call));
    this.#turns = new PQueue({ concurrency: options.concurrency });
  }

  admit({ rows, signal }: Parameters<Scorer['admit']>[0]): void {
    signal?.throwIfAborted();
    if (this.#drained) throw disposed();
    this.#refuseFull(rows);
  }

  async score(questions: readonly Question[], options: ScoreOptions): Promise<Scored> {
    this.admit({ rows: rowsOf(questions), signal: options.signal });
    return this.#score(questions, options);
  }

  async #scorePassages(
    countTokens: (text: string) => number,
    { texts, ...question }: LongQuestion,
    wish: SplitWish,
    options: ScoreOptions,
  ): Promise<ScoredPassages> {
    const count = (text: string): number => {
      const tokens: unknown = countTokens(text);
      if (typeof tokens === 'number' && tokens >= 0) return tokens;
      throw new RerankitError('ENGINE_FAILED', `countTokens gave ${show(tokens)}; it must give a number.`);
    };
    let ranges: (readonly Range[])[];
    let scored: Promise<Scored>;
    // Open from now on: whoever disposes of the reranker waits for it.
    this.#openCalls++;
    try {
      ranges = await passageRanges(texts, wish.firstOnly, async (parts) => {
        // It counts in this thread: others get their turn in between.
        await setImmediate();
        options.signal?.throwIfAborted();
        return parts.map((part) => splitPart(part, { ...wish, count }));
      });
      const questions = [{ ...question, documents: passageDocuments(texts, ranges) }];
      this.#refuseFull(rowsOf(questions));
      scored = this.#score(questions, options);
    } finally {
      this.#close();
    }
    return { scored: await scored, ranges };
  }

  async #score(questions: readonly Question[], { signal, priority = 0, onProgress }: ScoreOptions): Promise<Scored> {
    const total = rowsOf(questions);
    // The call's own end: its signal, or the failure of one of its requests, gives up the others.
    const end = new AbortController();
    const stopListening = signal && onAbort(signal, () => end.abort(signal.reason));
    const requests = requestsOf(questions, this.#options.batchSize);
    const call = new TextCall(requests, total);
    const turn = async (): Promise<void> => {
      // A turn of a call that has ended does nothing, and holds none of its texts while it waits.
      const request = end.signal.aborted ? undefined : call.next();
      if (request === undefined) return;
      const answer = await this.#run(request, call, { signal: end.signal, priority });
      end.signal.throwIfAborted();
      call.record(request, answer);
      this.#queuedDocuments -= request.indices.length;
      onProgress?.({ scored: call.scored, total });
    };
    const takeTurns = async (): Promise<void> => {
      while (call.waiting && !end.signal.aborted) await this.#turns.add(turn, { priority });
    };
    this.#queuedDocuments += total;
    this.#openCalls++;
    try {
      const width = Math.min(this.#options.concurrency, requests.length);
      await unlessAborted(Promise.all(Array.from({ length: width }, takeTurns)), end.signal);
      return call.result();
    } catch (error) {
      end.abort(error);
      throw error;
    } finally {
      stopListening?.();
      call.close();
      this.#queuedDocuments -= total - call.scored;
      this.#close();
    }
  }

  #close(): void {
    this.#openCalls--;
    if (this.#openCalls === 0) this.#drained?.resolve();
  }

  #refuseFull(rows: number): void {
    const full = queueFull(rows, this.#queuedDocuments, this.#options.maxQueuedDocuments);
    if (full) throw full;
  }

  stats(): SchedulerStats {
    return {
      queuedDocuments: this.#queuedDocuments,
      queuedTokens: 0,
      openCalls: this.#openCalls,
      running: this.#turns.pending > 0,
      runs: this.#runs,
      runMilliseconds: this.#runMilliseconds,
    };
  }

  async dispose(): Promise<void> {
    this.#drained = new Deferred();
    if (this.#openCalls === 0) this.#drained.resolve();
    await this.#drained.promise;
    // An engine may still be at work for a call that was given up.
    await this.#turns.onIdle();
    try {
      await this.#options.engine.dispose?.();
    } catch (error) {
      throw failed('to be disposed', error);
    }
  }

  /** One request, timed and told to the channel. */
  async #run(request: EngineRequest, call: TextCall, options: EngineCallOptions): Promise<CheckedAnswer> {
    const start = performance.now();
    const queueMilliseconds = call.begin(start);
    const begin = (): RunTrace => ({
      ...this.#options.traced,
      documents: request.documents.length,
      calls: 1,
      queries: 1,
      queueMilliseconds,
    });
    try {
      return await trace(
        runChannel,
        begin,
        () => this.#ask(request, options),
        (message, { tokens }) => {
          if (tokens !== undefined) message.tokens = tokens.computed;
        },
      );
    } finally {
      const milliseconds = performance.now() - start;
      this.#runs++;
      this.#runMilliseconds += milliseconds;
      call.end(milliseconds);
    }
  }

  async #ask(request: EngineRequest, options: EngineCallOptions): Promise<CheckedAnswer> {
    const count = request.documents.length;
    try {
      return checkAnswer(await this.#options.engine.score(request, options), count);
    } catch (error) {
      if (options.signal.aborted || RerankitError.isInstance(error)) throw error;
      throw failed(`a request of ${count} documents`, error);
    }
  }
}

function rowsOf(questions: readonly Question[]): number {
  return questions.reduce((sum, { documents }) => sum + documents.length, 0);
}

function failed(what: string, cause: unknown): RerankitError {
  const reason = cause instanceof Error ? cause.message : show(cause);
  return new RerankitError('ENGINE_FAILED', `The engine failed ${what}: ${reason}`, { cause });
}
