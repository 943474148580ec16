import type { Contender, Engine, Task } from './protocol.ts';

/** The child processes that measure engines; those of peers are where their packages are installed. */
const SCRIPTS: Readonly<Record<Task, Readonly<Partial<Record<Engine, string>>>>> = {
  ranking: {
    rerankit: 'measure-rerankit',
    'node-llama-cpp': 'measure-llama',
    'transformers.js': 'measure-transformers',
  },
  embedding: { rerankit: 'measure-embedder', 'transformers.js': 'measure-features' },
};

const VARIANTS: Readonly<Record<Exclude<Engine, 'rerankit'>, readonly string[]>> = {
  'node-llama-cpp': ['F16', 'Q8_0', 'Q4_0'],
  'transformers.js': ['fp32'],
};

/** This library in each of `dtypes`, then its peers. */
export function contenders(task: Task, dtypes: readonly string[]): Contender[] {
  const all = Object.entries({ rerankit: dtypes, ...VARIANTS }) as [Engine, readonly string[]][];
  return all
    .filter(([engine]) => engine in SCRIPTS[task])
    .flatMap(([engine, variants]) => variants.map((variant) => contender(task, engine, variant)));
}

export function contender(task: Task, engine: Engine, variant: string): Contender {
  return { id: `${engine} ${variant}`, task, engine, variant };
}

export function scriptOf({ task, engine }: Contender): string {
  const script = SCRIPTS[task][engine];
  if (script === undefined) throw new Error(`${engine} is not measured at ${task}`);
  return script;
}
