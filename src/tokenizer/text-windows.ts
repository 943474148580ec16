import { betweenCharacters, finalPieces, startsAfresh } from './boundaries.ts';

/** Characters read from the text at a time, in UTF-16 units. Also bounds what one normalisation can cost. */
export const WINDOW_UNITS = 8_192;
/**
 * The longest piece that is encoded as one, in UTF-16 units. A longer run (of letters, of symbols or of white space,
 * without a break) is cut here, as if it were two texts. Merging takes more than linear time, and no text that was
 * written to be read has such a run.
 */
export const MAX_PIECE_UNITS = 65_536;
/**
 * How far back to look for a character that NFC leaves alone, in UTF-16 units. Runs of combining marks that are longer
 * may be cut, and then normalise as two texts: ordering one such run takes quadratic time.
 */
export const MAX_MARKS_UNITS = 1_024;

/** What {@link TextWindows} needs of a tokenizer. */
export interface Splitting {
  /** Whether text is brought to NFC first. */
  readonly normalise: boolean;
  /** Cuts a text into the pieces that are encoded one by one; nothing is dropped. */
  split(text: string): readonly string[];
}

/**
 * Reads a text from its beginning, as far as it is asked to, and hands out its pieces: the same ones that normalising and
 * splitting the whole text gives, except beyond the two limits above.
 */
export class TextWindows {
  readonly #text: string;
  readonly #splitting: Splitting;
  /** How far the text has been read. */
  #read = 0;
  /** Normalised text that has been read and not been handed out. */
  #pending = '';

  constructor(text: string, splitting: Splitting) {
    this.#text = text;
    this.#splitting = splitting;
  }

  /** UTF-16 units of the text read so far: the measure of the work done. */
  get unitsRead(): number {
    return this.#read;
  }

  /** The next pieces, none of them empty; `undefined` at the end. */
  next(): readonly string[] | undefined {
    let wanted = WINDOW_UNITS;
    for (;;) {
      while (this.#pending.length < wanted && this.#read < this.#text.length) this.#pending += this.#readWindow();
      if (this.#pending.length === 0) return undefined;
      const pieces = this.#splitting.split(this.#pending);
      const ended = this.#read === this.#text.length;
      const count = ended ? pieces.length : finalPieces(pieces);
      const units = piecesLength(pieces, count);
      const first = pieces[0] ?? '';
      if (first.length > MAX_PIECE_UNITS || (count === 0 && this.#pending.length > MAX_PIECE_UNITS))
        return this.#cutHard();
      if (count === 0) {
        // Twice the text each time keeps the work of splitting it again proportional to its length.
        wanted = 2 * Math.max(wanted, this.#pending.length);
        continue;
      }
      const tooLong = pieces.findIndex((piece) => piece.length > MAX_PIECE_UNITS);
      if (tooLong > 0 && tooLong < count) return this.#handOut(pieces.slice(0, tooLong), piecesLength(pieces, tooLong));
      return this.#handOut(count === pieces.length ? pieces : pieces.slice(0, count), units);
    }
  }

  #handOut(pieces: readonly string[], units: number): readonly string[] {
    this.#pending = this.#pending.slice(units);
    return pieces;
  }

  #cutHard(): readonly string[] {
    const head = this.#pending.slice(0, betweenCharacters(this.#pending, MAX_PIECE_UNITS));
    return this.#handOut(this.#splitting.split(head), head.length);
  }

  #readWindow(): string {
    const start = this.#read;
    const end = this.#windowEnd(start);
    this.#read = end;
    const window = this.#text.slice(start, end);
    return this.#splitting.normalise ? window.normalize('NFC') : window;
  }

  #windowEnd(start: number): number {
    const limit = start + WINDOW_UNITS;
    if (limit >= this.#text.length) return this.#text.length;
    for (let end = limit; end > limit - MAX_MARKS_UNITS; end--) {
      const cut = betweenCharacters(this.#text, end);
      if (!this.#splitting.normalise || startsAfresh(this.#text.slice(cut, cut + 2))) return cut;
    }
    return betweenCharacters(this.#text, limit);
  }
}

function piecesLength(pieces: readonly string[], count: number): number {
  let units = 0;
  for (let index = 0; index < count; index++) units += pieces[index]?.length ?? 0;
  return units;
}
