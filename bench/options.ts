import { parseArgs } from 'node:util';
import { WORKLOADS } from './workloads.ts';

export interface Options {
  /** `embedded`, `0.6b`, or a directory with a checkpoint. */
  readonly models: readonly string[];
  readonly workloads: readonly string[];
  readonly runs: number | undefined;
  readonly threads: number | undefined;
  readonly tokenBudget: number | undefined;
  /** The library's numeric type. */
  readonly dtype: string | undefined;
  /** Measures how speed grows with threads, documents and tokens instead. */
  readonly scaling: boolean;
  /** Where the JSON goes; a dated file in bench/results if undefined. */
  readonly json: string | undefined;
  readonly help: boolean;
}

export const HELP = `Usage: npm run bench -- [options]

  --model embedded|0.6b|PATH   the model to measure; may be repeated  (default: embedded and 0.6b)
  --workload NAME              ${WORKLOADS.map(({ name }) => name).join(', ')}; may be repeated  (default: all but longest)
  --long                       measures longest as well: a document of 32,768 tokens, which takes minutes
  --runs N                     repeated calls of each workload, however long they take
  --threads N                  CPU threads of the library  (default: all)
  --token-budget N             most tokens of a micro-batch  (default: the library's)
  --dtype NAME                 numeric type of the computation  (default: the library's)
  --scaling                    measures how speed grows with threads, documents and tokens instead of the workloads
  --json FILE                  where to write the figures  (default: bench/results/DATE.json)`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', multiple: true },
      workload: { type: 'string', multiple: true },
      long: { type: 'boolean', default: false },
      runs: { type: 'string' },
      threads: { type: 'string' },
      'token-budget': { type: 'string' },
      dtype: { type: 'string' },
      scaling: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const known = WORKLOADS.map(({ name }) => name);
  const workloads = values.workload ?? known.filter((name) => name !== 'longest');
  for (const name of workloads) {
    if (!known.includes(name)) throw new Error(`--workload ${name}: known are ${known.join(', ')}`);
  }
  return {
    models: values.model ?? ['embedded', '0.6b'],
    workloads: values.long && !workloads.includes('longest') ? [...workloads, 'longest'] : workloads,
    runs: wholeNumber('--runs', values.runs),
    threads: wholeNumber('--threads', values.threads),
    tokenBudget: wholeNumber('--token-budget', values['token-budget']),
    dtype: values.dtype,
    scaling: values.scaling,
    json: values.json,
    help: values.help,
  };
}

/** A number that was given on the command line, if it was. */
export function wholeNumber(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${flag} ${value}: expected a whole number, at least 1`);
  return number;
}
