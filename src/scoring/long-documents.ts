import type { LongDocuments, Score, ScoredPassage } from '../types.ts';
import type { Scored, ScoredPassages } from './scorer.ts';

/** Documents by their passages. */
export interface ScoredDocuments {
  /** The same as {@link ScoredPassages.scored}, with one slot a document. */
  readonly scored: Scored;
  /** The best passage of each document. */
  readonly passages: readonly ScoredPassage[];
}

/** The logit of a document from those of its passages. */
const COMBINE: Record<NonNullable<LongDocuments['combine']>, (logits: readonly number[]) => number> = {
  max: (logits) => logits.reduce((most, logit) => Math.max(most, logit)),
  mean: (logits) => logits.reduce((sum, logit) => sum + logit, 0) / logits.length,
  first: ([first = Number.NaN]) => first,
};

/** Makes one score of those of a document's passages. `texts` are the documents. */
export function combinePassages(
  { scored, ranges }: ScoredPassages,
  texts: readonly string[],
  combine: NonNullable<LongDocuments['combine']>,
): ScoredDocuments {
  let next = 0;
  const documents = ranges.map((own, index) => {
    const slots = own.map((range) => ({ ...range, slot: next++ }));
    const passages = slots.map(({ slot, start, end }) => ({
      start,
      end,
      ...scoreOf(scored.logits[slot] ?? Number.NaN),
    }));
    const [first, ...others] = passages;
    if (first === undefined) throw new Error(`unreachable: document ${index} has no passage`);
    const best = others.reduce((one, other) => (other.logit > one.logit ? other : one), first);
    const reaches = own.at(-1)?.end === texts[index]?.length;
    const cut = !reaches || slots.some(({ slot }) => scored.truncated[slot] === 1);
    return { best, cut, logit: COMBINE[combine](passages.map(({ logit }) => logit)) };
  });
  return {
    scored: {
      ...scored,
      logits: Float64Array.from(documents, ({ logit }) => logit),
      truncated: Uint8Array.from(documents, ({ cut }) => Number(cut)),
    },
    passages: documents.map(({ best }) => best),
  };
}

/** A logit with the probability that it stands for. */
export function scoreOf(logit: number): Pick<Score, 'score' | 'logit'> {
  return { score: 1 / (1 + Math.exp(-logit)), logit };
}
