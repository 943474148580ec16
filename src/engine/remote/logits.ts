import type { ScoreKind } from './connect-options.ts';

/** How far a probability may stick out of its range by rounding. */
const SLACK = 1e-6;
/** Probabilities of exactly 0 and 1 are rounded ones: the least that float32 can hold, and the most below 1 that float64 can. */
const [LEAST, MOST] = [2 ** -149, 1 - 2 ** -53];

/** The logit that a server's number stands for; `undefined` if it is no number of that kind. */
export function toLogit(value: number, kind: ScoreKind): number | undefined {
  if (kind === 'logit') return value;
  const probability = kind === 'cosine' ? (1 + value) / 2 : value;
  if (!(probability >= -SLACK && probability <= 1 + SLACK)) return undefined;
  const inside = Math.min(Math.max(probability, LEAST), MOST);
  return Math.log(inside) - Math.log1p(-inside);
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
