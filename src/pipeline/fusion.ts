import { RerankitError } from '../errors.ts';
import { checkArray } from '../input.ts';
import { callback, finite, integer, type Rules, read } from '../option-rules.ts';

/** How to fuse rankings. */
export interface FusionOptions<C> {
  /**
   * Added to each rank: the larger, the less the first places count. An integer, at least 0.
   * @default 60
   */
  readonly k?: number | undefined;
  /** How much each ranking counts, in the order of the rankings; finite numbers, at least 0. @default 1 each */
  readonly weights?: readonly number[] | undefined;
  /**
   * What makes two candidates the same. Give it where rankings hold objects that are not identical.
   * @default the candidate's property `id` if that is a string or a number, else the candidate itself
   */
  readonly id?: ((candidate: C) => unknown) | undefined;
}

/** A candidate of one or several rankings. */
export interface Fused<C> {
  /** The caller's own object: that of the first ranking that has it. */
  readonly candidate: C;
  /** The sum over the rankings of weight / (k + rank). */
  readonly score: number;
  /** Its place in each ranking, counted from 1; `undefined` where it is missing. */
  readonly ranks: readonly (number | undefined)[];
}

const RULES: Rules<FusionOptions<never>> = {
  k: integer(0),
  weights: {
    expected: 'a list of finite numbers, at least 0',
    accepts: (value) => Array.isArray(value) && value.every((weight) => finite.accepts(weight) && weight >= 0),
  },
  id: callback,
};

const DEFAULT_K = 60;

/**
 * Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): one ranking of several, by places alone, so that scores of
 * different searches need not be comparable. Best first; of equal scores the better single place comes first, then the
 * order of the rankings. What a ranking holds twice counts at its first place. Throws `INVALID_OPTION`, `INVALID_INPUT`.
 */
export function reciprocalRankFusion<C>(rankings: readonly Iterable<C>[], options: FusionOptions<C> = {}): Fused<C>[] {
  const { k = DEFAULT_K, weights, id = identityOf } = read<FusionOptions<C>>('reciprocalRankFusion', RULES, options);
  checkArray('rankings', rankings);
  if (weights !== undefined && weights.length !== rankings.length) {
    throw new RerankitError(
      'INVALID_OPTION',
      `reciprocalRankFusion has ${weights.length} weights for ${rankings.length} rankings: give one for each.`,
    );
  }
  const found = new Map<unknown, { candidate: C; score: number; best: number; ranks: (number | undefined)[] }>();
  for (const [at, ranking] of rankings.entries()) {
    let rank = 0;
    for (const candidate of ranking) {
      rank++;
      const key = id(candidate);
      const known = found.get(key) ?? { candidate, score: 0, best: rank, ranks: rankings.map(() => undefined) };
      if (known.ranks[at] !== undefined) continue;
      known.ranks[at] = rank;
      known.best = Math.min(known.best, rank);
      known.score += (weights?.[at] ?? 1) / (k + rank);
      found.set(key, known);
    }
  }
  return [...found.values()]
    .sort((a, b) => b.score - a.score || a.best - b.best)
    .map(({ candidate, score, ranks }) => ({ candidate, score, ranks }));
}

/** See {@link FusionOptions.id}. */
function identityOf(candidate: unknown): unknown {
  if (typeof candidate !== 'object' || candidate === null || !('id' in candidate)) return candidate;
  return typeof candidate.id === 'string' || typeof candidate.id === 'number' ? candidate.id : candidate;
}
