import { integer, type Kind, type Rules, read } from '../option-rules.ts';
import { type Measure, measureOf, parseMeasure } from './measures.ts';
import { rankedIds } from './order.ts';
import type { Qrels, Run } from './types.ts';

/** How to judge a run. */
export interface EvaluateOptions {
  /**
   * Names such as `nDCG@10`, `MRR@10`, `MAP`, `recall@100`, `precision@5`, `success@1`; also ir-measures' `RR@10`, `AP`,
   * `R@100`, `P@5`.
   * @default nDCG@10, MRR@10, MAP, recall@100
   */
  readonly measures?: readonly string[] | undefined;
  /** The least grade that is relevant, at least 1; for nDCG grades are gains, whatever it is. @default 1 */
  readonly relevanceLevel?: number | undefined;
}

/** What a run is worth. */
export interface Evaluation {
  /** The mean over all judged queries, by measure. */
  readonly means: ReadonlyMap<string, number>;
  /** By measure: the value of each judged query, in the order of the judgements. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

const DEFAULT_MEASURES: readonly string[] = ['nDCG@10', 'MRR@10', 'MAP', 'recall@100'];

/** A list of names of measures. */
export const measureNames: Kind = {
  expected: 'a list of measures, such as nDCG@10',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string'),
};

const RULES: Rules<EvaluateOptions> = { measures: measureNames, relevanceLevel: integer(1) };

/**
 * Judges a run as ir-measures does, that is as trec_eval does, and MS MARCO's script for MRR@k: a judged query that the run
 * lacks counts as 0, as one without relevant documents does; queries without judgements are passed over; documents without
 * judgements are not relevant; equal scores are ordered by document id. Throws `INVALID_OPTION`.
 */
export function evaluateRun(qrels: Qrels, run: Run, options: EvaluateOptions = {}): Evaluation {
  const { measures: names = DEFAULT_MEASURES, relevanceLevel = 1 } = read('evaluateRun', RULES, options);
  const measures = distinct(names.map(parseMeasure));
  const values = new Map(measures.map(({ name }) => [name, new Map<string, number>()]));
  for (const [query, grades] of qrels) {
    const scores = run.get(query) ?? new Map<string, number>();
    const judged = {
      grades,
      ranking: rankedIds(scores),
      rankingOfMrr: rankedIds(scores, 'msmarco'),
      relevanceLevel,
    };
    for (const measure of measures) values.get(measure.name)?.set(query, measureOf(measure, judged));
  }
  return { values, means: new Map([...values].map(([name, each]) => [name, meanOf([...each.values()])])) };
}

/** Two names may mean the same measure. */
function distinct(measures: readonly Measure[]): Measure[] {
  return [...new Map(measures.map((measure) => [measure.name, measure])).values()];
}

/** 0 for none. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
