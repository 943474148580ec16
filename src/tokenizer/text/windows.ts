import { betweenCharacters } from '../boundaries.ts';

/** Text read at a time, in UTF-16 units. */
const WINDOW_UNITS = 2_048;
/** A longer run without white space is cut here, as if it were two texts. */
export const MAX_RUN_UNITS = 65_536;

/** White space after a letter, a number or a visible ASCII character: nothing reaches from one over the other. */
const BOUNDARY = /(?<=[\p{L}\p{N}!-~])[ \n\r\t]/gu;

export interface Window {
  readonly text: string;
  readonly start: boolean;
  readonly end: boolean;
  /** Whether the text was cut within a run before it. */
  readonly continues: boolean;
}

/**
 * Cuts a text where it may be encoded part by part, so that no more of it need be read than there is room for.
 * @param parted whether words end at white space; where they do not, the text is one window
 */
export function* windowsOf(text: string, parted: boolean): Generator<Window> {
  let continues = false;
  for (let start = 0; start < text.length; ) {
    const natural = parted ? boundaryAfter(text, start) : text.length;
    const end = natural - start > MAX_RUN_UNITS ? betweenCharacters(text, start + MAX_RUN_UNITS) : natural;
    yield { text: text.slice(start, end), start: start === 0, end: end === text.length, continues };
    continues = end !== natural;
    start = end;
  }
}

function boundaryAfter(text: string, start: number): number {
  const from = start + WINDOW_UNITS;
  if (from >= text.length) return text.length;
  // Looks no further than it may cut.
  const stretch = text.slice(from - 1, start + MAX_RUN_UNITS + 2);
  BOUNDARY.lastIndex = 1;
  const found = BOUNDARY.exec(stretch);
  if (found !== null) return from - 1 + found.index;
  return Math.min(start + MAX_RUN_UNITS + 1, text.length);
}
