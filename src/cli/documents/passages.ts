/** How to split a text. */
export interface PassageOptions {
  /** Most UTF-16 units of a passage. */
  readonly size: number;
  /** About so many units of a passage are at the beginning of the next one too; less than half of `size`. */
  readonly overlap: number;
}

/** A part of a text. */
export interface Passage {
  readonly text: string;
  /** Where it begins and ends in the text, in UTF-16 units; white space around it does not count. */
  readonly start: number;
  readonly end: number;
  /** Line at which it begins, counted from 1. */
  readonly line: number;
}

/** Ends of parts, from the best place to cut to the worst. Each matches what stays with the part before the cut. */
const ENDS = [
  /\n[^\S\n]*\n\s*/g, // a paragraph
  /[.!?…]["'”’)\]]*\s+|[。！？｡][”’」』）]*\s*/g, // a sentence
  /\n/g, // a line
  /\s+|[，、；：]/g, // a word
];

/**
 * Splits a text into passages: each ends with a paragraph, a sentence, a line or a word, whichever comes first in this order
 * in its second half, and begins a little before the end of the one before, with a sentence or a word.
 */
export function splitPassages(text: string, { size, overlap }: PassageOptions): Passage[] {
  const passages: Passage[] = [];
  let line = 1;
  let counted = 0;
  for (let start = 0; start < text.length; ) {
    const end = start + size >= text.length ? text.length : cutBefore(text, start + Math.ceil(size / 2), start + size);
    const passage = trimmed(text, start, end);
    if (passage.text !== '') {
      line += lineFeeds(text, counted, passage.start);
      counted = passage.start;
      passages.push({ ...passage, line });
    }
    if (end === text.length) break;
    start = overlap === 0 ? end : overlapStart(text, end - overlap, end);
  }
  return passages;
}

/** The best place for a cut after `least` and not after `most`. */
function cutBefore(text: string, least: number, most: number): number {
  const window = text.slice(least, most);
  for (const ends of ENDS) {
    let last = -1;
    for (const match of window.matchAll(ends)) last = least + match.index + match[0].length;
    if (last > least) return last;
  }
  return betweenCharacters(text, most);
}

/** Where the overlap begins: with the first sentence after `least`, else the first word. */
function overlapStart(text: string, least: number, end: number): number {
  const window = text.slice(least, end);
  for (const ends of ENDS) {
    for (const match of window.matchAll(ends)) {
      const at = least + match.index + match[0].length;
      if (at < end) return at;
    }
  }
  return betweenCharacters(text, least);
}

/** Not between the halves of a surrogate pair, and not before the mark on a letter. */
function betweenCharacters(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

function trimmed(text: string, from: number, to: number): Omit<Passage, 'line'> {
  const part = text.slice(from, to);
  const start = from + (part.length - part.trimStart().length);
  const own = part.trim();
  return { text: own, start, end: start + own.length };
}

function lineFeeds(text: string, from: number, to: number): number {
  let found = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) found++;
  return found;
}
