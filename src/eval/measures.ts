import { RerankitError, show } from '../errors.ts';

/** Kinds of measures, by what they are called in reports. */
const KINDS = ['nDCG', 'MRR', 'MAP', 'recall', 'precision', 'success'] as const;
type Kind = (typeof KINDS)[number];

/** What else a measure may be called, in lower case: ir-measures' names among them. */
const NAMES: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...KINDS.map((kind): [string, Kind] => [kind.toLowerCase(), kind]),
  ['rr', 'MRR'],
  ['ap', 'MAP'],
  ['r', 'recall'],
  ['p', 'precision'],
]);

/** Kinds that look at a given number of places; others may look at all. */
const NEEDS_CUTOFF: ReadonlySet<Kind> = new Set<Kind>(['recall', 'precision', 'success']);

/** A measure of a ranking. */
export interface Measure {
  /** Such as `nDCG@10`. */
  readonly name: string;
  readonly kind: Kind;
  /** How many places count; Infinity for all. */
  readonly cutoff: number;
}

/** A query's judged documents, and what was found. */
export interface JudgedRanking {
  readonly grades: ReadonlyMap<string, number>;
  /** Document ids, best first; of equal scores the largest id first. */
  readonly ranking: readonly string[];
  /** The same, of equal scores the smallest id first. */
  readonly rankingOfMrr: readonly string[];
  /** The least grade that is relevant, where grades are not gains. */
  readonly relevanceLevel: number;
}

/** Reads a name such as `nDCG@10`, `MRR@10`, `MAP`, `recall@100`, `P@5`. Throws `INVALID_OPTION`. */
export function parseMeasure(name: string): Measure {
  const [, word = '', digits] = /^([a-z]{1,20})(?:@([1-9]\d{0,8}))?$/i.exec(typeof name === 'string' ? name : '') ?? [];
  const kind = NAMES.get(word.toLowerCase());
  if (kind === undefined || (digits === undefined && NEEDS_CUTOFF.has(kind))) {
    throw new RerankitError(
      'INVALID_OPTION',
      `${show(name)} is no measure; measures are nDCG@k, MRR@k, MAP, recall@k, precision@k and success@k, ` +
        'such as nDCG@10; nDCG, MRR and MAP look at all places without @k.',
    );
  }
  const cutoff = digits === undefined ? Number.POSITIVE_INFINITY : Number(digits);
  return { name: digits === undefined ? kind : `${kind}@${cutoff}`, kind, cutoff };
}

/** The value of a measure for a query, 0 to 1. 0 where no document is relevant. */
export function measureOf({ kind, cutoff }: Measure, judged: JudgedRanking): number {
  switch (kind) {
    case 'nDCG':
      return ndcg(judged, cutoff);
    case 'MRR':
      return reciprocalRank(judged, cutoff);
    case 'MAP':
      return averagePrecision(judged, cutoff);
    case 'recall': {
      const relevant = relevantCount(judged);
      return relevant === 0 ? 0 : hits(judged, cutoff) / relevant;
    }
    case 'precision':
      return hits(judged, cutoff) / cutoff;
    case 'success':
      return hits(judged, cutoff) > 0 ? 1 : 0;
  }
}

/** Grades are gains; those below 1 are none. Discounts are binary logarithms. */
function ndcg({ grades, ranking }: JudgedRanking, cutoff: number): number {
  const ideal = discounted(
    [...grades.values()].sort((a, b) => b - a),
    cutoff,
  );
  if (ideal === 0) return 0;
  return (
    discounted(
      ranking.map((id) => grades.get(id) ?? 0),
      cutoff,
    ) / ideal
  );
}

function discounted(gains: readonly number[], cutoff: number): number {
  let sum = 0;
  for (const [at, gain] of gains.slice(0, cutoff).entries()) if (gain > 0) sum += gain / Math.log2(at + 2);
  return sum;
}

/** Cut off it is MS MARCO's measure, with another order of equal scores. */
function reciprocalRank(judged: JudgedRanking, cutoff: number): number {
  const ranking = cutoff === Number.POSITIVE_INFINITY ? judged.ranking : judged.rankingOfMrr.slice(0, cutoff);
  const at = ranking.findIndex((id) => isRelevant(judged, id));
  return at === -1 ? 0 : 1 / (at + 1);
}

function averagePrecision(judged: JudgedRanking, cutoff: number): number {
  const relevant = relevantCount(judged);
  if (relevant === 0) return 0;
  let found = 0;
  let sum = 0;
  for (const [at, id] of judged.ranking.slice(0, cutoff).entries()) {
    if (!isRelevant(judged, id)) continue;
    found++;
    sum += found / (at + 1);
  }
  return sum / relevant;
}

function hits(judged: JudgedRanking, cutoff: number): number {
  return judged.ranking.slice(0, cutoff).filter((id) => isRelevant(judged, id)).length;
}

function relevantCount({ grades, relevanceLevel }: JudgedRanking): number {
  let count = 0;
  for (const grade of grades.values()) if (grade >= relevanceLevel) count++;
  return count;
}

function isRelevant({ grades, relevanceLevel }: JudgedRanking, id: string): boolean {
  return (grades.get(id) ?? Number.NEGATIVE_INFINITY) >= relevanceLevel;
}
