import type { Contender, Engine } from './protocol.ts';

/** The child process that measures an engine; those of peers are where their packages are installed. */
export const SCRIPTS: Readonly<Record<Engine, string>> = {
  rerankit: 'measure-rerankit',
  'node-llama-cpp': 'measure-llama',
  'transformers.js': 'measure-transformers',
};

const VARIANTS: Readonly<Record<Exclude<Engine, 'rerankit'>, readonly string[]>> = {
  'node-llama-cpp': ['F16', 'Q8_0', 'Q4_0'],
  'transformers.js': ['fp32'],
};

/** This library in each of `dtypes`, then its peers. */
export function contenders(dtypes: readonly string[]): Contender[] {
  const all = Object.entries({ rerankit: dtypes, ...VARIANTS }) as [Engine, readonly string[]][];
  return all.flatMap(([engine, variants]) =>
    variants.map((variant) => ({ id: `${engine} ${variant}`, engine, variant })),
  );
}
