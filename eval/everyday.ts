import { readFile } from 'node:fs/promises';
import type { Reranker } from 'rerankit';
import type { EverydayFigures } from './figures.ts';

/** A question, and documents of which one is right. */
interface EverydayList {
  readonly kind: string;
  readonly query: string;
  readonly documents: readonly string[];
  /** Place of the right one. */
  readonly right: number;
}

/** How often the right document comes first. */
export async function measureEveryday(
  file: string,
  reranker: Reranker,
  instruction: string | undefined,
): Promise<EverydayFigures> {
  const lists: readonly EverydayList[] = JSON.parse(await readFile(file, 'utf8'));
  const right = new Map<string, number>();
  const missed: string[] = [];
  for (const { kind, query, documents, right: wanted } of lists) {
    const { results } = await reranker.rerank(query, documents, { topN: 1, instruction });
    const isRight = results[0]?.index === wanted;
    right.set(kind, (right.get(kind) ?? 0) + Number(isRight));
    if (!isRight) missed.push(query);
  }
  return { lists: lists.length, right: lists.length - missed.length, byKind: Object.fromEntries(right), missed };
}
