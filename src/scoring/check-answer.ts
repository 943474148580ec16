import type { EngineAnswer } from '../engine/reranker-engine.ts';
import { RerankitError, show } from '../errors.ts';

/** An engine's answer once it has been checked. */
export interface CheckedAnswer {
  readonly logits: Float32Array;
  /** 1 where a document lost its tail. */
  readonly truncated: Uint8Array;
  readonly promptTokens: number;
  readonly computedTokens: number;
}

/** Reads an answer to a request of `count` documents. Throws `ENGINE_FAILED` unless it is one. */
export function checkAnswer(answer: EngineAnswer, count: number): CheckedAnswer {
  if (typeof answer !== 'object' || answer === null) {
    throw bad(`${show(answer)} instead of an answer; it must give { logits }`);
  }
  const { logits, truncated, promptTokens = 0 } = answer;
  const { computedTokens = promptTokens } = answer;
  const checked = new Float32Array(numberOf('logits', logits, count));
  for (const at of checked.keys()) {
    const logit: unknown = logits[at];
    if (typeof logit !== 'number' || !Number.isFinite(Math.fround(logit))) {
      throw bad(`${show(logit)} as the logit of document ${at}; it must give a finite number`);
    }
    checked[at] = logit;
  }
  if (truncated !== undefined) numberOf('truncated', truncated, count);
  for (const [name, value] of Object.entries({ promptTokens, computedTokens })) {
    if (!Number.isSafeInteger(value) || value < 0) throw bad(`${show(value)} as ${name}; it must give a whole number`);
  }
  const cut = Uint8Array.from({ length: count }, (_, at) => Number(truncated?.[at] ?? false));
  return { logits: checked, truncated: cut, promptTokens, computedTokens };
}

function numberOf(name: string, list: ArrayLike<unknown>, count: number): number {
  const length: unknown = list?.length;
  if (length !== count) throw bad(`${show(length)} ${name} for ${count} documents; it must give one a document`);
  return count;
}

function bad(what: string): RerankitError {
  return new RerankitError('ENGINE_FAILED', `The engine returned ${what}.`);
}
