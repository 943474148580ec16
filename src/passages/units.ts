import { betweenCharacters } from '../tokenizer/boundaries.ts';

/** How good a place to end a passage is, from bad to good. */
export const END = { word: 0, line: 1, sentence: 2 } as const;

/** A sentence, or a part of one that is too long, with the white space after it. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  /** What ends here: one of {@link END}. */
  readonly ends: number;
}

/** Counts the tokens of a text up to `atMost`; beyond that, any larger number. */
export type CountTokens = (text: string, atMost: number) => number;

/** Ends of sentences, and of lines. Rules of Unicode for text in any language. */
const SENTENCES = new Intl.Segmenter('und', { granularity: 'sentence' });

/** A line that a sentence may well run on from: it ends without a mark that ends sentences. */
const OPEN_LINE = /[^\s.!?…。！？｡．:：;；\p{Pe}\p{Pf}"'*_`][\p{Pe}\p{Pf}"'*_`]*\s*$/u;
const LINE_END = /[\n\r\u2028\u2029]/;
const BLANK = /^\s*$/;

/** Brackets and quotes that open, at the end of a text. */
const OPENING = /[\p{Ps}\p{Pi}]+$/u;
const MOST_OPENING = 8;

/** Text that is segmented at a time, in UTF-16 units, and the longest sentence that is looked for. */
const BLOCK_UNITS = 2_048;
const MAX_SENTENCE_UNITS = 32_768;

/** The last place where a word ends. */
const WORD_END = /[\s,;，、；：](?=[^\s,;，、；：]*$)/u;

/** How far back from a cut to look for the end of a word, in UTF-16 units. */
const WORD_UNITS = 64;
/** About the most UTF-16 units that a token of text has. */
const UNITS_PER_TOKEN = 8;

/** Cuts a text into units of at most `most` tokens, one after the other; together they are the text. */
export function* unitsOf(text: string, most: number, count: CountTokens): Generator<Unit> {
  for (const { start, end, ends } of sentencesOf(text)) {
    let from = start;
    while (from < end) {
      const whole = count(text.slice(from, end), most);
      const cut = whole <= most ? end : cutBefore(text, from, end, (part) => count(part, most) <= most);
      const tokens = cut === end ? whole : count(text.slice(from, cut), most);
      yield { start: from, end: cut, tokens, ends: cut === end ? ends : END.word };
      from = cut;
    }
  }
}

/** Sentences and lines, each with the white space and the blank lines after it. */
function* sentencesOf(text: string): Generator<Pick<Unit, 'start' | 'end' | 'ends'>> {
  let open: { start: number; end: number; ends: number } | undefined;
  for (const { start, end } of segmentsOf(text)) {
    const segment = text.slice(start, end);
    if (open !== undefined && BLANK.test(segment)) {
      // A blank line: what it follows is a paragraph, or a heading.
      open = { start: open.start, end, ends: END.sentence };
      continue;
    }
    if (open !== undefined) yield open;
    const runsOn = LINE_END.test(segment.slice(-2)) && OPEN_LINE.test(segment.slice(-WORD_UNITS));
    open = { start, end, ends: runsOn ? END.line : END.sentence };
  }
  if (open !== undefined) yield open;
}

/** Sentences by Unicode's rules, block by block: for a long text at once the segmenter takes more than linear time. */
function* segmentsOf(text: string): Generator<{ readonly start: number; readonly end: number }> {
  let units = BLOCK_UNITS;
  for (let start = 0; start < text.length; ) {
    const blockEnd = betweenCharacters(text, Math.min(text.length, start + units));
    const isLast = blockEnd === text.length;
    const lengths = Array.from(SENTENCES.segment(text.slice(start, blockEnd)), ({ segment }) => segment.length);
    // The last one may go on behind the block.
    if (!isLast && lengths.length > 1) lengths.pop();
    else if (!isLast && units < MAX_SENTENCE_UNITS) {
      units *= 2;
      continue;
    }
    units = BLOCK_UNITS;
    let from = start;
    let at = start;
    for (const length of lengths) {
      at += length;
      const closed = at === text.length ? at : at - openingUnits(text.slice(from, at));
      const end = closed > from ? closed : at;
      yield { start: from, end };
      from = end;
    }
    start = from;
  }
}

/** Where no space is between them, the rules count a bracket that opens with the sentence before it: 「 in Japanese. */
function openingUnits(segment: string): number {
  return OPENING.exec(segment.slice(-MOST_OPENING))?.[0].length ?? 0;
}

/** The largest cut of [start, end) that `fits`, at the end of a word if there is one near, and never within a character. */
function cutBefore(text: string, start: number, end: number, fits: (part: string) => boolean): number {
  let low = start + 1;
  let high = start + 2;
  // First a length that is too much, then between that and one that is not.
  while (high < end && fits(text.slice(start, high))) [low, high] = [high, start + UNITS_PER_TOKEN * (high - start)];
  high = Math.min(high, end);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(text.slice(start, middle))) low = middle;
    else high = middle;
  }
  const near = text.slice(Math.max(start, low - WORD_UNITS), low);
  const word = WORD_END.exec(near)?.index;
  const cut = word === undefined ? low : low - near.length + word + 1;
  const between = betweenCharacters(text, cut > start ? cut : low);
  // One character may be more than fits.
  return between > start ? between : betweenCharacters(text, start + 2);
}
