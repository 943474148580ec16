import type { MicroBatch, MicroBatchRow } from './engine.ts';

/** All tokens of a micro-batch, those of the prefixes included. */
export function tokensOf({ prefixes, rows }: MicroBatch): number {
  const lists = [...prefixes, ...rows.map((row) => row.tokens)];
  return lists.reduce((sum, { length }) => sum + length, 0);
}

/** A micro-batch of some rows, with only the prefixes that they use. */
export function batchOf(prefixes: readonly Int32Array[], rows: readonly MicroBatchRow[]): MicroBatch {
  const used = [...new Set(rows.map(({ prefix }) => prefix))];
  return {
    prefixes: used.flatMap((prefix) => prefixes[prefix] ?? []),
    rows: rows.map(({ prefix, tokens }) => ({ prefix: used.indexOf(prefix), tokens })),
  };
}
