/**
 * Where text can be cut without changing its ids. Both rules rest on the one split pattern that `definition.ts` admits and
 * on NFC; neither depends on the vocabulary.
 */

/**
 * A character that NFC leaves alone whatever comes before it: not a mark, and none of the letters that compose with the
 * character before them (vowel and final jamo of Hangul, vowel signs of Kirat Rai). Checked against every code point in
 * the tests. A lone surrogate counts as one.
 */
const STARTS_AFRESH = /^[^\p{M}\p{Cn}\u1161-\u1175\u11a8-\u11c2\u{16d63}\u{16d67}-\u{16d6a}]/u;

const NOT_SPACE = /\P{White_Space}/u;

/** Whether `NFC(before + text)` is `NFC(before) + NFC(text)` for every `before`. */
export function startsAfresh(character: string): boolean {
  return STARTS_AFRESH.test(character);
}

/**
 * How many of `pieces`, which are the whole of a text, stay as they are whatever follows that text.
 *
 * No alternative of the pattern looks beyond the first character that ends its run, so a piece is final once anything
 * follows it. White space is the exception: how a run of it falls into pieces depends on the whole run.
 */
export function finalPieces(pieces: readonly string[]): number {
  let count = pieces.length - 1;
  if (isSpace(pieces[count])) while (isSpace(pieces[count - 1])) count--;
  return Math.max(count, 0);
}

function isSpace(piece: string | undefined): boolean {
  return piece !== undefined && !NOT_SPACE.test(piece);
}

/** Moves a cut one unit back where it would part the two halves of a surrogate pair. */
export function betweenCharacters(text: string, cut: number): number {
  const high = text.charCodeAt(cut - 1);
  const low = text.charCodeAt(cut);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff ? cut - 1 : cut;
}
