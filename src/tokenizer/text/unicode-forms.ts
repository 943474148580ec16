import { betweenCharacters, startsAfresh } from '../boundaries.ts';

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** Text normalised at a time, in UTF-16 units: ordering a run of marks takes quadratic time. */
const CHUNK_UNITS = 1_024;
/** How far back to look for a character that starts afresh. Longer runs of marks may be cut, and then are two texts. */
const LOOK_BACK_UNITS = 512;

/** Text in a normal form, in time that is linear in its length. */
export function normalizeForm(text: string, form: UnicodeForm): string {
  if (text.length <= CHUNK_UNITS) return text.normalize(form);
  let result = '';
  for (let start = 0; start < text.length; ) {
    const end = chunkEnd(text, start);
    result += text.slice(start, end).normalize(form);
    start = end;
  }
  return result;
}

function chunkEnd(text: string, start: number): number {
  const limit = start + CHUNK_UNITS;
  if (limit >= text.length) return text.length;
  for (let end = limit; end > limit - LOOK_BACK_UNITS; end--) {
    const cut = betweenCharacters(text, end);
    // Of what the character stands for: a half-width sound mark stands for one that composes.
    if (startsAfresh(String.fromCodePoint(text.codePointAt(cut) ?? 0).normalize('NFKD'))) return cut;
  }
  return betweenCharacters(text, limit);
}

/** Lower case, character by character: a sigma at the end of a word is like any other. */
export function lowercase(text: string): string {
  return text.replaceAll('\u03a3', '\u03c3').toLowerCase();
}
