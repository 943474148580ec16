/** Longest piece to remember, in UTF-16 units: longer ones seldom come twice. */
const MAX_PIECE_UNITS = 32;
/** Bounds of one generation; two are held. */
const MAX_ENTRIES = 16_384;
const MAX_BYTES = 4 * 2 ** 20;
/** What V8 takes for an entry apart from its characters and ids, rounded up. */
const ENTRY_BYTES = 96;
/** V8 keeps substrings from this length on as a view, which would keep their whole window alive. */
const MIN_VIEW_UNITS = 13;

/**
 * Remembers the ids of short pieces. Words repeat, so most of a text is found here. Bounded in entries and in bytes (two
 * generations of 4 MiB), so hostile text can only waste it. Two generations make an approximate least-recently-used
 * order without the price of moving an entry at each hit.
 */
export class PieceCache {
  #young = new Map<string, readonly number[]>();
  #old = new Map<string, readonly number[]>();
  #youngBytes = 0;

  /** Entries held, both generations together. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(piece: string): readonly number[] | undefined {
    if (piece.length > MAX_PIECE_UNITS) return undefined;
    const ids = this.#young.get(piece);
    if (ids !== undefined) return ids;
    const older = this.#old.get(piece);
    if (older !== undefined) this.set(piece, older);
    return older;
  }

  set(piece: string, ids: readonly number[]): void {
    if (piece.length > MAX_PIECE_UNITS) return;
    if (this.#young.size >= MAX_ENTRIES || this.#youngBytes >= MAX_BYTES) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(ownCopy(piece), ids);
    this.#youngBytes += ENTRY_BYTES + 2 * piece.length + 8 * ids.length;
  }
}

function ownCopy(piece: string): string {
  return piece.length < MIN_VIEW_UNITS ? piece : Buffer.from(piece, 'utf16le').toString('utf16le');
}
