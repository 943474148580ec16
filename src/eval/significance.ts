import { RerankitError, show } from '../errors.ts';
import { integer, type Rules, read } from '../option-rules.ts';
import { randomBits } from './random.ts';

/** How to test. */
export interface SignificanceOptions {
  /** How many random assignments are drawn where there are too many to try all; at least 100. @default 10000 */
  readonly samples?: number | undefined;
  /** The same seed gives the same p-value; an integer, 0 to 2^32 - 1. @default 1 */
  readonly seed?: number | undefined;
}

export const SIGNIFICANCE_RULES: Rules<SignificanceOptions> = {
  samples: integer(100, 10_000_000),
  seed: integer(0, 2 ** 32 - 1),
};

export const DEFAULT_SAMPLES = 10_000;
export const DEFAULT_SEED = 1;

/** With so many differences all assignments of signs are tried. */
const MOST_EXACT = 13;
/** Sums that differ by rounding alone count as equal. */
const ROUNDING = 1e-12;

/**
 * The paired randomisation test (Fisher; Smucker, Allan and Carterette, 2007): how likely the means of two systems would differ
 * by so much or more if it were by chance which system had which of the two values of a query. Two-sided, 0 to 1.
 * @param a values of one system, a query each
 * @param b values of the other, in the same order
 * Throws `INVALID_INPUT`, `INVALID_OPTION`.
 */
export function pairedRandomizationTest(
  a: readonly number[],
  b: readonly number[],
  options: SignificanceOptions = {},
): number {
  const { samples = DEFAULT_SAMPLES, seed = DEFAULT_SEED } = read(
    'pairedRandomizationTest',
    SIGNIFICANCE_RULES,
    options,
  );
  // Queries without a difference have no part in it, whatever their sign.
  const differences = Float64Array.from(differencesOf(a, b).filter((difference) => difference !== 0));
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  const least = observed - ROUNDING * differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  if (differences.length <= MOST_EXACT) {
    const all = 2 ** differences.length;
    let extreme = 0;
    for (let signs = 0; signs < all; signs++) {
      if (Math.abs(signedSum(differences, () => signs)) >= least) extreme++;
    }
    return extreme / all;
  }
  const next = randomBits(seed);
  let extreme = 1; // What was observed is one of the assignments.
  for (let sample = 0; sample < samples; sample++) if (Math.abs(signedSum(differences, next)) >= least) extreme++;
  return extreme / (samples + 1);
}

function differencesOf(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) {
    throw new RerankitError(
      'INVALID_INPUT',
      `A paired test needs as many values of one system as of the other, not ${a.length} and ${b.length}.`,
    );
  }
  return a.map((value, at) => {
    const difference = (b[at] ?? Number.NaN) - value;
    if (Number.isFinite(difference)) return difference;
    throw new RerankitError(
      'INVALID_INPUT',
      `Values must be finite; those of query ${at} are ${show(value)}, ${show(b[at])}.`,
    );
  });
}

/** The sum with each difference's sign turned or not, by the bits of `next`, 32 at a time. */
function signedSum(differences: Float64Array, next: () => number): number {
  let sum = 0;
  let bits = 0;
  for (let at = 0; at < differences.length; at++) {
    if (at % 32 === 0) bits = next();
    const difference = differences[at] ?? 0;
    sum += bits & 1 ? difference : -difference;
    bits >>>= 1;
  }
  return sum;
}
