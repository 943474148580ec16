import type { Run } from './types.ts';

/** What is compared: a run, and what it cost. */
export interface System {
  /** What it is called in reports. */
  readonly name: string;
  readonly run: Run;
  /** Time of each query, in milliseconds. */
  readonly milliseconds?: ReadonlyMap<string, number> | undefined;
}

/** A mean over queries. */
export interface Estimate {
  readonly mean: number;
  /** Bounds of the mean with 95% confidence, by the normal distribution, which needs some thirty queries or more. */
  readonly low: number;
  readonly high: number;
}

/** How two systems differ. */
export interface Difference {
  /** Mean of the second minus mean of the first. */
  readonly difference: number;
  /** Two-sided, of the paired randomisation test; see {@link pairedRandomizationTest}. Not corrected for many tests. */
  readonly p: number;
  /** Queries for which the second is better. */
  readonly better: number;
  /** Queries for which it is worse. */
  readonly worse: number;
}

/** A system's value by a measure. */
export interface MeasureReport extends Estimate {
  readonly measure: string;
  /** From the baseline to this system; not there for the baseline itself. */
  readonly versusBaseline?: Difference;
}

/** Times of queries, in milliseconds. */
export interface Times {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** What a system is worth. */
export interface SystemReport {
  readonly name: string;
  readonly measures: readonly MeasureReport[];
  /** Where times are known. */
  readonly time?: Times;
}

/** Two systems by the first measure: from `a` to `b`. */
export interface Pair extends Difference {
  readonly a: string;
  readonly b: string;
  readonly measure: string;
}

/** Systems on the same queries. All of it can be written as JSON. */
export interface Comparison {
  /** How many were judged. */
  readonly queries: number;
  readonly measures: readonly string[];
  readonly relevanceLevel: number;
  /** Name of the system that the others are compared with. */
  readonly baseline: string;
  /** See {@link SignificanceOptions}. */
  readonly samples: number;
  readonly seed: number;
  /** In the order in which they were given. */
  readonly systems: readonly SystemReport[];
  /** Each two of them. */
  readonly pairs: readonly Pair[];
}
