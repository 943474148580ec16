import type { Prefix } from './prefix.ts';

/** One row (a document with the prompt's suffix) that waits for a run. */
export interface PendingRow {
  /** The row's index in its call. */
  readonly slot: number;
  readonly tokens: Int32Array;
  readonly prefix: Prefix;
}

/**
 * The waiting rows of one job, in the order in which they should be run.
 *
 * Rows with one prefix belong in the same micro-batch, which then computes it once, and so do rows of similar length: they
 * are taken prefix by prefix, and by length within. Always beginning at one end would leave the other end's rows lying for
 * as long as the call delivers new ones, so they are swept like the floors of an elevator that works only downwards: from
 * the longest of the last prefix to the shortest of the first, then again from the top. A row that arrives above the
 * sweep waits for the next one; no row waits for more than two.
 */
export class PendingRows {
  /**
   * Prefix by prefix, the shortest first; rows of one length with the later slot first, as the sweep goes from the end to
   * the start.
   */
  #sorted: PendingRow[] = [];
  /** Where the sweep stands in `#sorted`. */
  #position = -1;
  /** Rows that came since `#sorted` was last in order: sorting once a run keeps many small deliveries cheap. */
  #fresh: PendingRow[] = [];
  #tokens = 0;
  /** `undefined` until it is asked for. */
  #shortest: number | undefined;

  /** The number of rows. */
  get size(): number {
    return this.#sorted.length + this.#fresh.length;
  }

  /** The sum of the rows' tokens, without prefixes. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Tokens of the shortest row; 0 when there is none. */
  get shortest(): number {
    this.#sort();
    this.#shortest ??= this.#sorted.reduce(
      (least, { tokens }) => Math.min(least, tokens.length),
      Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(this.#shortest) ? this.#shortest : 0;
  }

  add(row: PendingRow): void {
    this.#fresh.push(row);
    this.#tokens += row.tokens.length;
  }

  /** The rows in the order of the sweep. Nothing may be added or removed while this is read. */
  *inOrder(): Generator<PendingRow> {
    this.#sort();
    const count = this.#sorted.length;
    for (let step = 0; step < count; step++) {
      const row = this.#sorted[(this.#position - step + count) % count];
      if (row !== undefined) yield row;
    }
  }

  /** Removes rows that {@link inOrder} gave. The sweep goes on at the first row that was passed over. */
  remove(rows: Iterable<PendingRow>): void {
    const removed = new Set(rows);
    let next: PendingRow | undefined;
    for (const row of this.inOrder()) {
      if (removed.has(row)) this.#tokens -= row.tokens.length;
      else next ??= row;
    }
    this.#sorted = this.#sorted.filter((row) => !removed.has(row));
    this.#shortest = undefined;
    this.#standAt(next);
  }

  #sort(): void {
    if (this.#fresh.length === 0) return;
    const current = this.#sorted[this.#position];
    this.#sorted = this.#sorted.concat(this.#fresh).sort(inSweepOrder);
    this.#shortest = undefined;
    this.#fresh = [];
    this.#standAt(current);
  }

  /** Puts the sweep at `row`, or at its start, the longest row. */
  #standAt(row: PendingRow | undefined): void {
    this.#position = row === undefined ? this.#sorted.length - 1 : this.#sorted.indexOf(row);
  }
}

/** Which prefix comes first does not matter, so its hash decides. */
function inSweepOrder(a: PendingRow, b: PendingRow): number {
  return a.prefix.hash - b.prefix.hash || a.tokens.length - b.tokens.length || b.slot - a.slot;
}
