/** A growing list of token ids. Plain arrays of numbers take twice the memory and a copy at the end. */
export class IdBuffer {
  #ids = new Int32Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(id: number): void {
    if (this.#length === this.#ids.length) {
      const larger = new Int32Array(this.#length * 2);
      larger.set(this.#ids);
      this.#ids = larger;
    }
    this.#ids[this.#length++] = id;
  }

  /** A copy of the ids from `start` to the end, as a plain array. */
  since(start: number): number[] {
    return Array.from(this.#ids.subarray(start, this.#length));
  }

  /** A copy of the first `length` ids that shares no memory with the buffer. */
  toArray(length: number): Int32Array {
    return this.#ids.slice(0, Math.min(length, this.#length));
  }
}
