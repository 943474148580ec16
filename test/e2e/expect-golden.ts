import { expect } from 'vitest';
import type { GoldenPair } from './golden-files.ts';

/** The graph computes in float32, the reference in float64. */
export const GOLDEN_TOLERANCE = 1e-3;

interface Scored {
  readonly score: number;
  readonly logit: number;
  readonly truncated: boolean;
}

/** Compares results with golden pairs, in order, and lists every one that is off. */
export function expectGolden(results: readonly Scored[], pairs: readonly GoldenPair[]): void {
  expect(results).toHaveLength(pairs.length);
  const wrong = pairs.flatMap((pair, index) => {
    const result = results[index];
    if (result !== undefined && isGolden(result, pair)) return [];
    return [{ index, query: clip(pair.query), document: clip(pair.document), expected: pair.logit, result }];
  });
  expect(wrong).toEqual([]);
}

function isGolden(result: Scored, pair: GoldenPair): boolean {
  return (
    Math.abs(result.logit - pair.logit) <= GOLDEN_TOLERANCE &&
    Math.abs(result.score - 1 / (1 + Math.exp(-result.logit))) <= 1e-12 &&
    result.truncated === pair.truncated
  );
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length})` : text;
}

/** The sum of the prompt tokens of `pairs`. */
export function promptTokens(pairs: readonly GoldenPair[]): number {
  return pairs.reduce((sum, pair) => sum + pair.promptTokens, 0);
}
