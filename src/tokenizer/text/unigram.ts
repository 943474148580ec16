import type { IdBuffer } from '../id-buffer.ts';
import { PieceCache } from '../piece-cache.ts';
import { PieceTrie } from './piece-trie.ts';
import type { WordModel } from './word-model.ts';

export interface UnigramOptions {
  /** Pieces that text may become, with their ids. */
  readonly pieces: ReadonlyMap<string, number>;
  /** Log probabilities, by id. */
  readonly scores: Float64Array;
  readonly unknownId: number;
  /** Ids of the 256 bytes, where characters without a piece are spelled in bytes. */
  readonly byteIds: readonly number[] | undefined;
}

/** How much less likely than the least likely piece a character without one is. */
const UNKNOWN_PENALTY = 10;

/**
 * SentencePiece's unigram model: of all ways to cut a word into pieces, the most likely one. Linear in the word's length
 * (times that of the longest piece).
 */
export class Unigram implements WordModel {
  readonly #trie: PieceTrie;
  readonly #options: UnigramOptions;
  readonly #unknownScore: number;
  readonly #cache = new PieceCache();
  readonly largestId: number;

  constructor(options: UnigramOptions) {
    this.#options = options;
    this.#trie = new PieceTrie(options.pieces);
    this.#unknownScore = options.scores.reduce((least, score) => Math.min(least, score)) - UNKNOWN_PENALTY;
    let largest = Math.max(options.unknownId, ...(options.byteIds ?? []));
    for (const id of options.pieces.values()) largest = Math.max(largest, id);
    this.largestId = largest;
  }

  encode(word: string, out: IdBuffer): void {
    const known = this.#cache.get(word);
    if (known !== undefined) {
      for (const id of known) out.push(id);
      return;
    }
    const start = out.length;
    this.#search(word, out);
    this.#cache.set(word, out.since(start));
  }

  #search(word: string, out: IdBuffer): void {
    const { unknownId, scores: pieceScores } = this.#options;
    const length = word.length;
    // Of the best way to each place: its score, where its last piece begins (-1: none yet), and that piece's id.
    const scores = new Float64Array(length + 1);
    const starts = new Int32Array(length + 1).fill(-1);
    const ids = new Int32Array(length + 1);
    const offer = (start: number, end: number, score: number, id: number): void => {
      if (starts[end] !== -1 && !(score > (scores[end] ?? 0))) return;
      scores[end] = score;
      starts[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < length; start++) {
      // Between the halves of a surrogate pair.
      if (start > 0 && starts[start] === -1) continue;
      const here = scores[start] ?? 0;
      const next = start + ((word.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      let single = false;
      let node = this.#trie.root;
      for (let end = start; end < length; ) {
        node = this.#trie.child(node, word.charCodeAt(end));
        if (node < 0) break;
        end++;
        const id = this.#trie.id(node);
        if (id < 0) continue;
        offer(start, end, here + (pieceScores[id] ?? 0), id);
        single ||= end === next;
      }
      if (!single) offer(start, next, here + this.#unknownScore, unknownId);
    }
    const ends: number[] = [];
    for (let end = length; end > 0; end = starts[end] ?? 0) ends.push(end);
    let afterUnknown = false;
    for (const end of ends.reverse()) {
      const id = ids[end] ?? unknownId;
      if (id !== unknownId) out.push(id);
      else this.#unknown(word.slice(starts[end], end), afterUnknown, out);
      afterUnknown = id === unknownId;
    }
  }

  /** Neighbouring unknown characters are one unknown token, or as many as they have bytes. */
  #unknown(text: string, afterUnknown: boolean, out: IdBuffer): void {
    const { unknownId, byteIds } = this.#options;
    if (byteIds === undefined) {
      if (!afterUnknown) out.push(unknownId);
      return;
    }
    for (const byte of Buffer.from(text, 'utf8')) out.push(byteIds[byte] ?? unknownId);
  }
}
