import type { IdBuffer } from '../id-buffer.ts';
import type { WordModel } from './word-model.ts';

export interface WordPieceOptions {
  readonly vocab: ReadonlyMap<string, number>;
  readonly unknownId: number;
  /** What pieces within a word begin with: `##`. */
  readonly prefix: string;
  /** A word of more characters is unknown. */
  readonly maxCharacters: number;
}

/** Cuts each word into the longest pieces of the vocabulary, from its beginning; one that cannot be cut so is unknown. */
export class WordPiece implements WordModel {
  readonly #options: WordPieceOptions;
  readonly #longest: number;
  readonly largestId: number;

  constructor(options: WordPieceOptions) {
    this.#options = options;
    let [longest, largest] = [0, options.unknownId];
    for (const [token, id] of options.vocab) {
      longest = Math.max(longest, token.length);
      largest = Math.max(largest, id);
    }
    this.#longest = longest;
    this.largestId = largest;
  }

  encode(word: string, out: IdBuffer): void {
    const { vocab, unknownId, prefix, maxCharacters } = this.#options;
    // Twice as many units always hold more characters; counting them all would only tell the same.
    const characters = word.length > 2 * maxCharacters ? undefined : [...word];
    if (characters === undefined || characters.length > maxCharacters) {
      out.push(unknownId);
      return;
    }
    const ids: number[] = [];
    for (let start = 0; start < characters.length; ) {
      let end = Math.min(characters.length, start + this.#longest);
      let id: number | undefined;
      for (; end > start; end--) {
        const piece = characters.slice(start, end).join('');
        id = vocab.get(start === 0 ? piece : prefix + piece);
        if (id !== undefined) break;
      }
      if (id === undefined) {
        out.push(unknownId);
        return;
      }
      ids.push(id);
      start = end;
    }
    for (const id of ids) out.push(id);
  }
}
