// The `as number` here: every index stays below `#size`.

/** A binary heap of non-negative numbers, smallest first, in memory allocated once. */
export class MinHeap {
  readonly #items: Float64Array;
  #size = 0;

  /** @param capacity the most numbers it can hold at a time. */
  constructor(capacity: number) {
    this.#items = new Float64Array(capacity);
  }

  clear(): void {
    this.#size = 0;
  }

  push(value: number): void {
    const items = this.#items;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as number;
      if (above <= value) break;
      items[at] = above;
      at = parent;
    }
    items[at] = value;
  }

  /** Removes and returns the smallest number; -1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const items = this.#items;
    const smallest = items[0] as number;
    const size = --this.#size;
    const last = items[size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (items[child + 1] as number) < (items[child] as number)) child++;
      if ((items[child] as number) >= last) break;
      items[at] = items[child] as number;
      at = child;
    }
    items[at] = last;
    return smallest;
  }
}
