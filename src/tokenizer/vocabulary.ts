/**
 * Tokens by their UTF-8 bytes. A table over typed arrays, filled from the bytes of tokenizer.json: a `Map` of the 150,000
 * strings of Qwen3's vocabulary takes several times the memory, and most of a second to fill.
 */
export class Vocabulary {
  /** The bytes of all tokens, one after the other. */
  #bytes = new Uint8Array(4096);
  /** Where each token ends in them, and its hash and id. */
  #ends = new Int32Array(1024);
  #hashes = new Int32Array(1024);
  #ids = new Int32Array(1024);
  #size = 0;
  /** Open addressing: the token of each slot, or -1. */
  #slots = new Int32Array(2048).fill(-1);
  #largestId = 0;

  /** The largest id of a token; 0 when there is none. */
  get largestId(): number {
    return this.#largestId;
  }

  /** Adds a token, or gives it another id. `id` is from 0 to 2^31 - 1. */
  set(bytes: Uint8Array, start: number, end: number, id: number): void {
    const hash = hashOf(bytes, start, end, SEED);
    let slot = this.#find(hash, bytes, start, end, bytes, end, end);
    this.#largestId = Math.max(this.#largestId, id);
    const known = this.#slots[slot] ?? -1;
    if (known >= 0) {
      this.#ids[known] = id;
      return;
    }
    if (this.#size === this.#ids.length) {
      this.#grow();
      slot = this.#find(hash, bytes, start, end, bytes, end, end);
    }
    const from = this.#startOf(this.#size);
    const to = from + end - start;
    if (to > this.#bytes.length) this.#bytes = enlarged(this.#bytes, Math.max(2 * this.#bytes.length, to));
    for (let at = start, target = from; at < end; at++, target++) this.#bytes[target] = bytes[at] ?? 0;
    this.#ends[this.#size] = to;
    this.#hashes[this.#size] = hash;
    this.#ids[this.#size] = id;
    this.#slots[slot] = this.#size++;
  }

  /** The id of a token, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.findJoined(bytes, start, end, bytes, end, end);
  }

  /** The id of the token that two parts make together, or -1. */
  findJoined(a: Uint8Array, start: number, end: number, b: Uint8Array, from: number, to: number): number {
    const hash = hashOf(b, from, to, hashOf(a, start, end, SEED));
    const token = this.#slots[this.#find(hash, a, start, end, b, from, to)] ?? -1;
    return token < 0 ? -1 : (this.#ids[token] ?? -1);
  }

  /** The id of a token given as text, or -1. */
  idOf(token: string): number {
    const bytes = UTF8.encode(token);
    return this.find(bytes, 0, bytes.length);
  }

  #startOf(token: number): number {
    return token === 0 ? 0 : (this.#ends[token - 1] ?? 0);
  }

  /** The slot of a token, or the free one where it would be. */
  #find(hash: number, a: Uint8Array, start: number, end: number, b: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const token = this.#slots[slot] ?? -1;
      if (token < 0) return slot;
      if (this.#hashes[token] === hash && this.#equals(token, a, start, end, b, from, to)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(token: number, a: Uint8Array, start: number, end: number, b: Uint8Array, from: number, to: number): boolean {
    let at = this.#startOf(token);
    if ((this.#ends[token] ?? 0) - at !== end - start + to - from) return false;
    for (let other = start; other < end; other++) if (this.#bytes[at++] !== a[other]) return false;
    for (let other = from; other < to; other++) if (this.#bytes[at++] !== b[other]) return false;
    return true;
  }

  #grow(): void {
    const capacity = 2 * this.#ids.length;
    this.#ends = enlarged(this.#ends, capacity);
    this.#hashes = enlarged(this.#hashes, capacity);
    this.#ids = enlarged(this.#ids, capacity);
    const slots = new Int32Array(2 * capacity).fill(-1);
    const mask = slots.length - 1;
    for (let token = 0; token < this.#size; token++) {
      const hash = this.#hashes[token] ?? 0;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = token;
    }
    this.#slots = slots;
  }
}

const UTF8 = new TextEncoder();
const SEED = 0x811c9dc5;

/** FNV-1a, which can go on where it stopped. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash | 0;
}

function enlarged<A extends Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(array: A, length: number): A {
  // The constructor of the same kind of array.
  const larger = new (array.constructor as new (length: number) => A)(length);
  larger.set(array);
  return larger;
}
