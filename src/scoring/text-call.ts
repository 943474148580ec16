import type { EngineRequest } from '../engine/reranker-engine.ts';
import type { CheckedAnswer } from './check-answer.ts';
import type { Scored } from './scorer.ts';

/** A call in requests: what is left to ask, and what has been answered. */
export class TextCall {
  readonly #requests: EngineRequest[];
  readonly #logits: Float64Array;
  readonly #truncated: Uint8Array;
  readonly #start = performance.now();
  #idleSince = this.#start;
  #queueMilliseconds: number | undefined;
  #runMilliseconds = 0;
  #runs = 0;
  #promptTokens = 0;
  #computedTokens = 0;
  #scored = 0;

  /** Requests in the order in which they are to be asked, of `total` documents. */
  constructor(requests: readonly EngineRequest[], total: number) {
    this.#requests = requests.toReversed();
    this.#logits = new Float64Array(total);
    this.#truncated = new Uint8Array(total);
  }

  /** Whether there are requests that have not been taken. */
  get waiting(): boolean {
    return this.#requests.length > 0;
  }

  /** Documents that have been scored. */
  get scored(): number {
    return this.#scored;
  }

  next(): EngineRequest | undefined {
    return this.#requests.pop();
  }

  /** Forgets requests that have not been taken. */
  close(): void {
    this.#requests.length = 0;
  }

  /** A request is sent now; returns how long the call had been waiting. */
  begin(now: number): number {
    this.#queueMilliseconds ??= now - this.#start;
    return Math.max(0, now - this.#idleSince);
  }

  /** A request has ended, in any way. */
  end(milliseconds: number): void {
    this.#runs++;
    this.#runMilliseconds += milliseconds;
    this.#idleSince = performance.now();
  }

  record({ indices }: EngineRequest, { logits, truncated, tokens }: CheckedAnswer): void {
    for (const [at, slot] of indices.entries()) {
      this.#logits[slot] = logits[at] ?? Number.NaN;
      this.#truncated[slot] = truncated[at] ?? 0;
    }
    this.#promptTokens += tokens?.prompt ?? 0;
    this.#computedTokens += tokens?.computed ?? 0;
    this.#scored += indices.length;
  }

  result(): Scored {
    const [promptTokens, computedTokens] = [this.#promptTokens, this.#computedTokens];
    return {
      logits: this.#logits,
      truncated: this.#truncated,
      usage: { promptTokens, computedTokens, savedTokens: promptTokens - computedTokens },
      runs: this.#runs,
      queueMilliseconds: this.#queueMilliseconds ?? 0,
      runMilliseconds: this.#runMilliseconds,
    };
  }
}
