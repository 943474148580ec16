import type { ScoreKind } from './connect-options.ts';
import { sigmoid } from './logits.ts';

/** Asked once, to see what kind of numbers a server gives: from plainly relevant to plainly not. */
export const PROBE = {
  query: 'What is the capital of China?',
  documents: [
    'The capital of China is Beijing.',
    'Beijing has been the seat of government for most of the last eight centuries.',
    'The capital of France is Paris.',
    'Gravity pulls bodies toward each other.',
    'Add two eggs, a pinch of salt and a cup of flour, and stir.',
    'qwxz',
  ],
} as const;

/** A server's numbers, and whether to ask it for raw ones. */
export interface Measured {
  readonly kind: ScoreKind;
  readonly raw: boolean;
}

/**
 * What a server gives that was asked for raw scores, and not to: it may know the difference, ignore it, or mean
 * something else by it.
 */
export function measureSwitch(raw: Float64Array, plain: Float64Array): Measured {
  if (raw.every((score, at) => Math.abs(sigmoid(score) - (plain[at] ?? Number.NaN)) < 1e-3)) {
    return { kind: 'logit', raw: true };
  }
  return { kind: kindOf(plain), raw: false };
}

/** Numbers from 0 to 1 are probabilities: raw ones of pairs so different never all lie there. */
export function kindOf(scores: Float64Array): ScoreKind {
  return scores.every((score) => score >= 0 && score <= 1) ? 'probability' : 'logit';
}
