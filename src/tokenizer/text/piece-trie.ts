/** Pieces of a vocabulary by the UTF-16 units they are made of. Compact: vocabularies have hundreds of thousands. */
export class PieceTrie {
  /** Of each node: the unit that leads to it, where its children begin and end, and the id of the piece that ends there. */
  readonly #units: Uint16Array;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #ids: Int32Array;

  constructor(pieces: ReadonlyMap<string, number>) {
    const sorted = [...pieces.keys()].filter((piece) => piece !== '').sort();
    const capacity = 1 + sorted.reduce((sum, piece) => sum + piece.length, 0);
    this.#units = new Uint16Array(capacity);
    this.#first = new Int32Array(capacity);
    this.#last = new Int32Array(capacity);
    this.#ids = new Int32Array(capacity).fill(-1);
    // Breadth first, so that the children of a node are neighbours. Each node has the pieces of a range in common.
    const [from, to, depth] = [new Int32Array(capacity), new Int32Array(capacity), new Int32Array(capacity)];
    to[0] = sorted.length;
    let count = 1;
    for (let node = 0; node < count; node++) {
      let place = from[node] ?? 0;
      const [end, at] = [to[node] ?? 0, depth[node] ?? 0];
      const whole = sorted[place];
      if (whole !== undefined && place < end && whole.length === at) {
        this.#ids[node] = pieces.get(whole) ?? -1;
        place++;
      }
      this.#first[node] = count;
      while (place < end) {
        const unit = sorted[place]?.charCodeAt(at) ?? 0;
        const start = place;
        while (place < end && sorted[place]?.charCodeAt(at) === unit) place++;
        this.#units[count] = unit;
        from[count] = start;
        to[count] = place;
        depth[count] = at + 1;
        count++;
      }
      this.#last[node] = count;
    }
  }

  /** Where all walks begin. */
  readonly root = 0;

  /** The node that a unit leads to; -1 if no piece goes on with it. */
  child(node: number, unit: number): number {
    let low = this.#first[node] ?? 0;
    let high = (this.#last[node] ?? 0) - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#units[middle] ?? 0;
      if (found === unit) return middle;
      if (found < unit) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The id of the piece that ends at a node; -1 if none does. */
  id(node: number): number {
    return this.#ids[node] ?? -1;
  }
}
