import { RerankitError, show } from '../errors.ts';
import { integer, type Rules, read, signal } from '../option-rules.ts';
import { rankedIds } from './order.ts';
import type { Dataset, DatasetDocument, Run } from './types.ts';

/** A query and the documents that are to be ranked for it. */
export interface CandidateList {
  readonly query: string;
  readonly text: string;
  /** In the order of the first stage. */
  readonly documents: readonly DatasetDocument[];
}

/** Which candidates to take. */
export interface CandidateOptions {
  /** Most documents for a query, at least 1. @default 100 */
  readonly topK?: number | undefined;
  /** Gives up: rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const RULES: Rules<CandidateOptions> = { topK: integer(1), signal };

export const DEFAULT_TOP_K = 100;

/**
 * The judged queries with the best documents of a run. The documents are read one after the other, and only those that some
 * list needs are kept. A query that the run lacks has an empty list. Rejects with `INVALID_INPUT` if the dataset lacks a
 * document, with `INVALID_OPTION`, or as the dataset does.
 */
export async function candidateLists(
  dataset: Dataset,
  run: Run,
  options: CandidateOptions = {},
): Promise<CandidateList[]> {
  const { topK = DEFAULT_TOP_K, signal } = read('candidateLists', RULES, options);
  const asked = [...dataset.queries].map(([query, text]) => {
    const ids = rankedIds(run.get(query) ?? new Map<string, number>()).slice(0, topK);
    return { query, text, ids };
  });
  const texts = new Map<string, string | undefined>(asked.flatMap(({ ids }) => ids.map((id) => [id, undefined])));
  let missing = texts.size;
  for await (const { id, text } of missing > 0 ? dataset.documents() : []) {
    signal?.throwIfAborted();
    if (!texts.has(id)) continue;
    if (texts.get(id) === undefined) missing--;
    texts.set(id, text);
    if (missing === 0) break;
  }
  return asked.map(({ query, text, ids }) => ({
    query,
    text,
    documents: ids.map((id) => ({ id, text: texts.get(id) ?? lacks(dataset, id, missing) })),
  }));
}

function lacks({ name }: Dataset, id: string, missing: number): never {
  const others = missing > 1 ? ` and ${missing - 1} other documents` : '';
  throw new RerankitError(
    'INVALID_INPUT',
    `The run has the document ${show(id)}${others}, which the dataset ${name} lacks: they do not belong together.`,
  );
}
