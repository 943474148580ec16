/** A run of packed tokens that sees itself and a prefix: a prompt prefix, or a document behind one. */
export interface Sequence {
  /** First packed token. */
  readonly start: number;
  readonly length: number;
  /** Tokens of the prefix. */
  readonly past: number;
  /** Which of the sequences is the prefix; none for a prefix itself. */
  readonly prefix: number | undefined;
}

/**
 * The pages that hold the keys of each sequence. Whole pages of a prefix are shared by its rows; a page in which the
 * prefix ends is repeated for each of them, because the row goes on in it.
 */
export class PageTable {
  /** Pages of each sequence, [sequences, width]. */
  readonly table: Int32Array;
  readonly width: number;
  /** The packed token of each place in each page. */
  readonly slots: Int32Array;
  readonly count: number;

  /** Prefixes come before the rows that see them. */
  constructor(sequences: readonly Sequence[], size: number) {
    const slots: number[] = [];
    const lists: number[][] = [];
    for (const { start, length, past, prefix } of sequences) {
      const prefixStart = prefix === undefined ? 0 : (sequences[prefix]?.start ?? 0);
      const list = prefix === undefined ? [] : (lists[prefix] ?? []).slice(0, Math.floor(past / size));
      for (let page = list.length; page * size < past + length; page++) {
        list.push(slots.length / size);
        for (let key = page * size; key < (page + 1) * size; key++) {
          if (key < past) slots.push(prefixStart + key);
          // Places behind the end are never read; token 0 always exists.
          else slots.push(key < past + length ? start + key - past : 0);
        }
      }
      lists.push(list);
    }
    this.width = Math.max(...lists.map((list) => list.length));
    this.table = new Int32Array(lists.length * this.width);
    for (const [index, list] of lists.entries()) this.table.set(list, index * this.width);
    this.slots = Int32Array.from(slots);
    this.count = slots.length / size;
  }
}
