/** A trie in the form of the Darts library: 32 bits a node, a child's place is the node's offset XOR the byte. */
export class DoubleArray {
  readonly #units: Uint32Array;

  constructor(units: Uint32Array) {
    this.#units = units;
  }

  /** The value of the shortest key that `bytes` begins with. A damaged trie has no keys where it leads outside. */
  firstPrefix(bytes: Uint8Array): number | undefined {
    let place = offset(this.#units[0] ?? 0);
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      place = (place ^ byte) >>> 0;
      const unit = this.#units[place];
      if (unit === undefined || (unit & LABEL) >>> 0 !== byte) return undefined;
      place = (place ^ offset(unit)) >>> 0;
      if ((unit & HAS_LEAF) !== 0) return (this.#units[place] ?? 0) & VALUE;
    }
    return undefined;
  }
}

/** The byte that leads to a node; the top bit tells values from nodes. */
const LABEL = 0x8000_00ff;
const HAS_LEAF = 1 << 8;
const VALUE = 0x7fff_ffff;

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}
