import { BYTE_CHARACTERS } from './byte-alphabet.ts';
import type { IdBuffer } from './id-buffer.ts';
import { MergeTable } from './merge-table.ts';
import { MinHeap } from './min-heap.ts';
import { PieceCache } from './piece-cache.ts';
import type { Vocabulary } from './vocabulary.ts';

// The `as number` here: positions come from the linked list itself and stay below the arrays' lengths, and a check for
// `undefined` at each step would cost a tenth of the speed.

/** Positions fit below this, so that `rank * POSITIONS + position` orders candidates by rank, then from left to right. */
const POSITIONS = 2 ** 22;

/**
 * Byte-pair encoding of single pieces. Ours, because the one of `@huggingface/tokenizers` takes 8 microseconds a
 * character (its keys are JSON strings), which is what made long unbroken text stall.
 */
export class BytePairEncoder {
  readonly #utf8 = new TextEncoder();
  readonly #cache = new PieceCache();
  readonly #merges: MergeTable;
  readonly #byteIds: Int32Array;
  readonly #wholePieces: Vocabulary | undefined;
  #scratch = new Scratch(256);

  /**
   * @param vocab holds all 256 characters of the byte alphabet.
   * @param ignoreMerges whether a piece that is itself in the vocabulary is taken whole, whatever the merges say.
   */
  constructor(vocab: Vocabulary, merges: Int32Array, ignoreMerges: boolean) {
    this.#merges = new MergeTable(merges);
    this.#byteIds = Int32Array.from(BYTE_CHARACTERS, (character) => vocab.idOf(character));
    this.#wholePieces = ignoreMerges ? vocab : undefined;
  }

  /** Appends the ids of one piece of at most 2^20 UTF-16 units. A lone surrogate counts as U+FFFD. */
  encode(piece: string, out: IdBuffer): void {
    const known = this.#cache.get(piece);
    if (known !== undefined) {
      for (const id of known) out.push(id);
      return;
    }
    const start = out.length;
    this.#merge(piece, out);
    this.#cache.set(piece, out.since(start));
  }

  #merge(piece: string, out: IdBuffer): void {
    if (this.#scratch.bytes.length < piece.length * 3) this.#scratch = new Scratch(piece.length * 3);
    const { bytes, ids, next, previous, ranks, heap } = this.#scratch;
    const length = this.#utf8.encodeInto(piece, bytes).written;
    if (this.#wholePieces !== undefined) {
      const whole = this.#wholePieces.idOf(
        Array.from(bytes.subarray(0, length), (byte) => BYTE_CHARACTERS[byte]).join(''),
      );
      if (whole >= 0) {
        out.push(whole);
        return;
      }
    }
    for (let at = 0; at < length; at++) {
      ids[at] = this.#byteIds[bytes[at] as number] as number;
      next[at] = at + 1;
      previous[at] = at - 1;
    }
    heap.clear();
    for (let at = 0; at < length; at++) this.#offer(at, length);
    for (let candidate = heap.pop(); candidate >= 0; candidate = heap.pop()) {
      const at = candidate % POSITIONS;
      const rank = (candidate - at) / POSITIONS;
      // Merging changes pairs that were offered before: such a candidate no longer has the rank of its position.
      if (ranks[at] !== rank) continue;
      const eaten = next[at] as number;
      const after = next[eaten] as number;
      ids[at] = this.#merges.merged(rank);
      next[at] = after;
      ranks[eaten] = -1;
      if (after < length) previous[after] = at;
      this.#offer(at, length);
      const before = previous[at] as number;
      if (before >= 0) this.#offer(before, length);
    }
    for (let at = 0; at < length; at = next[at] as number) out.push(ids[at] as number);
  }

  /** Records the rank of the pair that starts at a position, and makes it a candidate if the two merge at all. */
  #offer(at: number, length: number): void {
    const { ids, next, ranks, heap } = this.#scratch;
    const right = next[at] as number;
    const rank = right < length ? this.#merges.rank(ids[at] as number, ids[right] as number) : -1;
    ranks[at] = rank;
    if (rank >= 0) heap.push(rank * POSITIONS + at);
  }
}

/** Working memory for pieces of up to `capacity` bytes, kept from piece to piece. */
class Scratch {
  readonly bytes: Uint8Array;
  /** A linked list of tokens over the positions of their first bytes, and the rank of each with its right neighbour. */
  readonly ids: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  readonly ranks: Int32Array;
  readonly heap: MinHeap;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.ids = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
    this.previous = new Int32Array(capacity);
    this.ranks = new Int32Array(capacity);
    // Each byte is offered once, and each merge offers two more.
    this.heap = new MinHeap(capacity * 3);
  }
}
