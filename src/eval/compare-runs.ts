import { RerankitError, show } from '../errors.ts';
import { integer, type Rules, read, string } from '../option-rules.ts';
import type { Comparison, Difference, Pair, System, SystemReport } from './comparison.ts';
import { type EvaluateOptions, type Evaluation, evaluateRun, measureNames } from './evaluate-run.ts';
import {
  DEFAULT_SAMPLES,
  DEFAULT_SEED,
  pairedRandomizationTest,
  SIGNIFICANCE_RULES,
  type SignificanceOptions,
} from './significance.ts';
import { estimateOf, timesOf } from './statistics.ts';
import type { Qrels } from './types.ts';

/** How to compare systems. */
export interface CompareOptions extends EvaluateOptions, SignificanceOptions {
  /** The name of the system that the others are compared with. @default the first */
  readonly baseline?: string | undefined;
}

const RULES: Rules<CompareOptions> = {
  measures: measureNames,
  relevanceLevel: integer(1),
  baseline: string,
  ...SIGNIFICANCE_RULES,
};

/**
 * Judges several systems on the same queries, and tests their differences. Throws `INVALID_OPTION`; `INVALID_INPUT` if two
 * systems have one name.
 */
export function compareRuns(qrels: Qrels, systems: readonly System[], options: CompareOptions = {}): Comparison {
  const { measures, relevanceLevel = 1, ...own } = read('compareRuns', RULES, options);
  const { samples = DEFAULT_SAMPLES, seed = DEFAULT_SEED } = own;
  checkNames(systems);
  const judged = systems.map((system) => ({ system, ...evaluateRun(qrels, system.run, { measures, relevanceLevel }) }));
  const baseline = judged.find(({ system }) => system.name === (own.baseline ?? systems[0]?.name));
  if (baseline === undefined) {
    const names = systems.map(({ name }) => name).join(', ');
    throw new RerankitError(
      'INVALID_OPTION',
      `The option baseline of compareRuns is ${show(own.baseline)}; the systems are ${names}.`,
    );
  }
  const between = (a: Evaluation, b: Evaluation, measure: string): Difference => {
    const [x, y] = [valuesOf(a, measure), valuesOf(b, measure)];
    return {
      difference: (b.means.get(measure) ?? 0) - (a.means.get(measure) ?? 0),
      p: pairedRandomizationTest(x, y, { samples, seed }),
      better: y.filter((value, at) => value > (x[at] ?? 0)).length,
      worse: y.filter((value, at) => value < (x[at] ?? 0)).length,
    };
  };
  const names = [...baseline.means.keys()];
  const [first = ''] = names;
  const reports = judged.map(({ system, ...evaluation }): SystemReport => {
    const versus = system === baseline.system ? undefined : baseline;
    return {
      name: system.name,
      measures: names.map((measure) => ({
        measure,
        ...estimateOf(valuesOf(evaluation, measure)),
        ...(versus && { versusBaseline: between(versus, evaluation, measure) }),
      })),
      ...(system.milliseconds && { time: timesOf([...system.milliseconds.values()]) }),
    };
  });
  const pairs = judged.flatMap((a, at): Pair[] =>
    judged.slice(at + 1).map((b) => ({ a: a.system.name, b: b.system.name, measure: first, ...between(a, b, first) })),
  );
  const { name } = baseline.system;
  return {
    queries: qrels.size,
    measures: names,
    relevanceLevel,
    baseline: name,
    samples,
    seed,
    systems: reports,
    pairs,
  };
}

function valuesOf({ values }: Evaluation, measure: string): number[] {
  return [...(values.get(measure)?.values() ?? [])];
}

function checkNames(systems: readonly System[]): void {
  if (systems.length === 0) throw new RerankitError('INVALID_INPUT', 'compareRuns needs at least one system.');
  const names = new Set<string>();
  for (const { name } of systems) {
    if (names.has(name)) throw new RerankitError('INVALID_INPUT', `Two systems are called ${show(name)}.`);
    names.add(name);
  }
}
