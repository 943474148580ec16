// What the examples need to print a readable table; nothing here is about ranking.

const colours = process.stdout.isTTY === true && !process.env.NO_COLOR;

/** Columns to print in: those of the terminal, within reason. */
export const columns = Math.max(60, Math.min(process.stdout.columns ?? 100, 120));

const style = (code) => (text) => (colours && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = style('1');
export const dim = style('2');
export const green = style('32');

// East Asian wide and full-width characters take two columns of a terminal.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

function characterWidth(character) {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that a text takes. */
export function width(text) {
  return [...text].reduce((sum, character) => sum + characterWidth(character), 0);
}

/** Cuts a text to a number of columns, or fills it with spaces up to there. */
export function toWidth(text, size) {
  const flat = text.replaceAll(/\s+/g, ' ');
  if (width(flat) <= size) return flat + ' '.repeat(size - width(flat));
  let kept = '';
  let used = 0;
  for (const character of flat) {
    const next = characterWidth(character);
    if (used + next > size - 1) break;
    kept += character;
    used += next;
  }
  return `${kept}…${' '.repeat(size - 1 - used)}`;
}

/** A score from 0 to 1 as a bar. */
export function bar(score, size = 12) {
  const filled = Math.round(score * size);
  return green('█'.repeat(filled)) + dim('░'.repeat(size - filled));
}
