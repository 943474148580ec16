import type { EngineAnswer } from '../engine/reranker-engine.ts';
import { RerankitError, show } from '../errors.ts';

/** An engine's answer once it has been checked. */
export interface CheckedAnswer {
  /** In float64: a score that a server gave must not change on its way through. */
  readonly logits: Float64Array;
  /** 1 where a document lost its tail. */
  readonly truncated: Uint8Array;
  /** `undefined` where the engine tells no tokens. */
  readonly tokens: { readonly prompt: number; readonly computed: number } | undefined;
}

/** Reads an answer to a request of `count` documents. Throws `ENGINE_FAILED` unless it is one. */
export function checkAnswer(answer: EngineAnswer, count: number): CheckedAnswer {
  if (typeof answer !== 'object' || answer === null) {
    throw bad(`${show(answer)} instead of an answer; it must give { logits }`);
  }
  const { logits, truncated, promptTokens, computedTokens } = answer;
  return {
    logits: Float64Array.from(valuesOf('logits', logits, count), (logit, at) => {
      if (typeof logit === 'number' && Number.isFinite(logit)) return logit;
      throw bad(`${show(logit)} as the logit of document ${at}; it must give a finite number`);
    }),
    truncated: Uint8Array.from(truncated === undefined ? [] : valuesOf('truncated', truncated, count), (cut, at) => {
      if (typeof cut === 'boolean') return Number(cut);
      throw bad(`${show(cut)} as truncated of document ${at}; it must give true or false`);
    }),
    tokens: tokensOf(promptTokens, computedTokens),
  };
}

function tokensOf(prompt: unknown, computed: unknown): CheckedAnswer['tokens'] {
  if (prompt === undefined && computed === undefined) return undefined;
  const promptTokens = whole('promptTokens', prompt);
  const computedTokens = computed === undefined ? promptTokens : whole('computedTokens', computed);
  if (computedTokens <= promptTokens) return { prompt: promptTokens, computed: computedTokens };
  throw bad(`${computedTokens} computedTokens for ${promptTokens} promptTokens; it cannot compute more than there are`);
}

function whole(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw bad(`${show(value)} as ${name}; it must give a whole number`);
}

/** The values of a list that must have `count` of them, each read once. */
function valuesOf(name: string, list: ArrayLike<unknown>, count: number): unknown[] {
  const length: unknown = list?.length;
  if (length === count) return Array.from({ length: count }, (_, at) => list[at]);
  throw bad(`${show(length)} ${name} for ${count} documents; it must give one a document`);
}

function bad(what: string): RerankitError {
  return new RerankitError('ENGINE_FAILED', `The engine returned ${what}.`);
}
