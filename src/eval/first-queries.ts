import { RerankitError, show } from '../errors.ts';
import { integer } from '../option-rules.ts';
import type { Dataset } from './types.ts';

/** The dataset with its first `count` queries only, for a quick look. Throws `INVALID_OPTION` unless `count` is at least 1. */
export function firstQueries(dataset: Dataset, count: number): Dataset {
  const kind = integer(1);
  if (!kind.accepts(count)) {
    throw new RerankitError('INVALID_OPTION', `The number of queries must be ${kind.expected}, not ${show(count)}.`);
  }
  const qrels = new Map([...dataset.qrels].slice(0, count));
  const queries = new Map([...dataset.queries].filter(([id]) => qrels.has(id)));
  return { ...dataset, queries, qrels };
}
