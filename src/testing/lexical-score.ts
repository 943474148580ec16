/** Scripts whose words are not told apart by spaces, or carry their particles with them. */
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}ー々〆`;
const RUNS = new RegExp(`([${UNSPACED}]+)|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, 'gu');

/** Logit of a document that has none of the query's terms, and of one that has all, less the former. */
const [LEAST_LOGIT, LOGIT_RANGE] = [-4, 8];

/** A text as a query, and what a document may be found by. */
export interface Terms {
  /** The words; in scripts without spaces the pairs of characters, or the only one. */
  readonly wanted: readonly string[];
  /** These, and the single characters. */
  readonly found: ReadonlySet<string>;
}

/** Splits a text: letters and digits in lower case, whatever their Unicode form; punctuation and spaces part words. */
export function termsOf(text: string): Terms {
  const wanted: string[] = [];
  const found = new Set<string>();
  for (const [run, unspaced] of text.normalize('NFKC').toLowerCase().matchAll(RUNS)) {
    const characters = unspaced === undefined ? [] : Array.from(unspaced);
    if (characters.length < 2) wanted.push(run);
    for (const [at, character] of characters.entries()) {
      if (at > 0) wanted.push(`${characters[at - 1]}${character}`);
      found.add(character);
    }
  }
  for (const term of wanted) found.add(term);
  return { wanted, found };
}

/** The logit of a document: -4 if it has none of the query's distinct terms, 4 if it has all, in proportion between. */
export function lexicalLogit(query: Terms, document: Terms): number {
  const distinct = [...new Set(query.wanted)];
  const share = distinct.filter((term) => document.found.has(term)).length / Math.max(1, distinct.length);
  return LEAST_LOGIT + LOGIT_RANGE * share;
}

/**
 * What a test reranker scores by default, 0 to 1: the sigmoid of `8 s - 4`, where `s` is the share of the query's
 * distinct terms that the document has. So 0.982 for all of them, 0.5 for half, 0.018 for none, or for a query without
 * any. Terms are words, compared in lower case and NFKC; in scripts without spaces between words (Chinese, Japanese,
 * Korean, Thai, …) they are pairs of neighbouring characters.
 */
export function lexicalScore(query: string, document: string): number {
  return 1 / (1 + Math.exp(-lexicalLogit(termsOf(query), termsOf(document))));
}
