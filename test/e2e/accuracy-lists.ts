import { readFile } from 'node:fs/promises';

/** A query with the documents that are ranked for it. */
export interface RankedList {
  readonly language: string;
  readonly query: string;
  readonly documents: readonly string[];
}

interface Everyday {
  readonly kind: string;
  readonly query: string;
  readonly documents: readonly string[];
}
interface CorpusEntry {
  readonly title: string;
  readonly text: string;
}

const LIST = 20;

/**
 * Lists of 20 documents: English, Chinese and code queries with their own six candidates and fourteen others; queries in
 * seven further languages with the twelve documents of their language and eight others. Always the same ones.
 */
export async function accuracyLists(): Promise<RankedList[]> {
  const everyday = await read<Everyday[]>('../../models/training/everyday.json');
  const corpus = await read<CorpusEntry[]>('../../examples/corpus.json');
  const short = await read<RankedList[]>('../support/languages.json');
  const pool = [
    ...new Set([
      ...everyday.flatMap(({ documents }) => documents),
      ...corpus.map(({ title, text }) => `${title}\n${text}`),
    ]),
  ];
  const queries = [
    ...everyday.map(({ kind, query, documents }) => ({ language: kind, query, own: documents })),
    ...short.map(({ language, query }) => ({
      language,
      query,
      own: short.filter((other) => other.language === language).flatMap(({ documents }) => documents),
    })),
  ];
  return queries.map(({ language, query, own }, number) => {
    const documents = new Set(own);
    // A stride that shares no factor with the pool's size passes by every document.
    for (let step = 0; documents.size < LIST; step++) {
      documents.add(pool[(number * 37 + step * 53) % pool.length] ?? '');
    }
    return { language, query, documents: [...documents] };
  });
}

async function read<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8'));
}
