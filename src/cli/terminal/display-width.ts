import { eastAsianWidth } from 'get-east-asian-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const EMOJI = /^\p{Emoji_Presentation}|\ufe0f/u;

/** Columns of a terminal that a character (a grapheme) takes: 0, 1 or 2. */
function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  if (EMOJI.test(grapheme)) return 2;
  return eastAsianWidth(grapheme.codePointAt(0) ?? 0);
}

/** Columns that a text takes. The text must be `visible`. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** A text in exactly `columns` columns: filled with spaces, or cut, with an ellipsis at the end. */
export function toWidth(text: string, columns: number): string {
  if (columns <= 0) return '';
  // Far more than could be shown need not be looked at; a grapheme may have many code units.
  const start = text.slice(0, 40 * columns);
  let kept = '';
  let used = 0;
  let room: { readonly text: string; readonly width: number } = { text: '', width: 0 };
  for (const { segment } of graphemes.segment(start)) {
    const width = graphemeWidth(segment);
    if (used + width > columns) return `${room.text}…${' '.repeat(columns - 1 - room.width)}`;
    kept += segment;
    used += width;
    if (used < columns) room = { text: kept, width: used };
  }
  return kept + ' '.repeat(columns - used);
}

/** The same for a path: cut at its beginning. */
export function tailToWidth(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (displayWidth(text) <= columns) return toWidth(text, columns);
  const all = [...graphemes.segment(text)].map(({ segment }) => segment);
  let kept = '';
  let used = 0;
  for (const segment of all.reverse()) {
    const width = graphemeWidth(segment);
    if (used + width > columns - 1) break;
    kept = segment + kept;
    used += width;
  }
  return toWidth(`…${kept}`, columns);
}
