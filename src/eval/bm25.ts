import { RerankitError } from '../errors.ts';
import { integer, type Rules, read, signal } from '../option-rules.ts';
import type { Dataset, Run } from './types.ts';

/** How to search. */
export interface Bm25Options {
  /** Most documents for a query, at least 1. @default 100 */
  readonly topK?: number | undefined;
  /** Gives up: rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const RULES: Rules<Bm25Options> = { topK: integer(1), signal };
const DEFAULT_TOP_K = 100;

/**
 * A first stage: the best documents of each query by BM25, through the package minisearch, which must be installed beside
 * this one. All documents are indexed in memory, some hundred thousand passages at most; for more, take a run of your search
 * engine. Words are those of `Intl.Segmenter`, in lower case, so that Chinese, Japanese and Thai have words too.
 *
 * Rejects with `INVALID_OPTION`, also where minisearch is missing; or as the dataset does.
 */
export async function bm25Run(dataset: Dataset, options: Bm25Options = {}): Promise<Run> {
  const { topK = DEFAULT_TOP_K, signal } = read('bm25Run', RULES, options);
  const MiniSearch = await loadMiniSearch();
  const index = new MiniSearch<{ id: number; text: string }>({ fields: ['text'], tokenize: words });
  const ids: string[] = [];
  for await (const { id, text } of dataset.documents()) {
    signal?.throwIfAborted();
    // Numbered by us: an id may come twice in a corpus, where the first counts.
    index.add({ id: ids.length, text });
    ids.push(id);
  }
  const run = new Map<string, ReadonlyMap<string, number>>();
  for (const [query, text] of dataset.queries) {
    signal?.throwIfAborted();
    const scores = new Map<string, number>();
    for (const { id, score } of index.search(text)) {
      const name = ids[id] ?? '';
      if (!scores.has(name)) scores.set(name, score);
      if (scores.size === topK) break;
    }
    run.set(query, scores);
  }
  return run;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

function words(text: string): string[] {
  const found: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) if (isWordLike) found.push(segment);
  return found;
}

async function loadMiniSearch() {
  try {
    return (await import('minisearch')).default;
  } catch (cause) {
    throw new RerankitError('INVALID_OPTION', 'BM25 needs the package minisearch: npm install minisearch.', { cause });
  }
}
