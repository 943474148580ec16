import type { Run } from './types.ts';

/**
 * Document ids by the numbers of their characters, as the reference compares them. JavaScript's own comparison goes by
 * UTF-16, in which characters beyond U+FFFF come before some below.
 */
export function compareIds(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return inOrder(x) - inOrder(y);
  }
  return a.length - b.length;
}

/** Surrogates, which stand for the largest numbers, above all other units. */
function inOrder(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/**
 * The documents of a query, best first. Equal scores are ordered by id: as trec_eval does, which knows 32 bits of a score and puts
 * the largest id first; or as MS MARCO's own measure does, with all bits and the smallest first.
 */
export function rankedIds(scores: ReadonlyMap<string, number>, as: 'trec_eval' | 'msmarco' = 'trec_eval'): string[] {
  const [known, sign] = as === 'trec_eval' ? [Math.fround, -1] : [Number, 1];
  return [...scores]
    .map(([id, score]) => ({ id, score: known(score) }))
    .sort((a, b) => (a.score === b.score ? sign * compareIds(a.id, b.id) : a.score > b.score ? -1 : 1))
    .map(({ id }) => id);
}

/** The best `topK` documents of each query. */
export function cutRun(run: Run, topK: number): Run {
  return new Map(
    [...run].map(([query, scores]) => {
      const best = rankedIds(scores).slice(0, topK);
      return [query, new Map(best.map((id) => [id, scores.get(id) ?? 0]))];
    }),
  );
}
