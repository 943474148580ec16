/**
 * Finds a merge by its pair of ids. An open-addressing hash table over typed arrays: a `Map` with a string or a number
 * beyond 2^31 for a key takes several times the memory and the time, and this is the inner loop of encoding.
 */
export class MergeTable {
  readonly #shift: number;
  readonly #slots: Int32Array;
  readonly #pairs: Int32Array;
  readonly #merged: Int32Array;

  /**
   * @param merges three ids a merge (left, right, and what they become), in the order of their priority, the first before
   * all others; of equal pairs the last counts.
   */
  constructor(merges: Int32Array) {
    const count = merges.length / 3;
    // At least twice as many slots as merges keeps probes short.
    const bits = Math.max(4, Math.ceil(Math.log2(count + 1)) + 1);
    this.#shift = 32 - bits;
    this.#slots = new Int32Array(2 ** bits).fill(-1);
    this.#pairs = new Int32Array(count * 2);
    this.#merged = new Int32Array(count);
    for (let rank = 0; rank < count; rank++) {
      const [left = 0, right = 0, merged = 0] = [merges[3 * rank], merges[3 * rank + 1], merges[3 * rank + 2]];
      this.#pairs[rank * 2] = left;
      this.#pairs[rank * 2 + 1] = right;
      this.#merged[rank] = merged;
      this.#slots[this.#slotOf(left, right)] = rank;
    }
  }

  /** The rank of a pair, 0 for the first to be merged; -1 when the two never merge. */
  rank(left: number, right: number): number {
    return this.#slots[this.#slotOf(left, right)] ?? -1;
  }

  /** The id of the token that the merge of this rank makes. */
  merged(rank: number): number {
    return this.#merged[rank] ?? -1;
  }

  #slotOf(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let slot = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b) >>> this.#shift;
    for (;;) {
      const rank = this.#slots[slot] ?? -1;
      if (rank < 0 || (this.#pairs[rank * 2] === left && this.#pairs[rank * 2 + 1] === right)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}
