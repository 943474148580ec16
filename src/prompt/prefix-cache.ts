/** Bounds: pairs remembered, and their characters and ids together in bytes. */
const MAX_ENTRIES = 64;
const MAX_BYTES = 4 * 2 ** 20;

interface Entry {
  readonly tokens: Int32Array;
  readonly bytes: number;
}

/**
 * Remembers the prefixes of the last (instruction, query) pairs: the calls of one search ask for the same one again and
 * again. Least recently used goes first.
 */
export class PrefixCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get(instruction: string, query: string): Int32Array | undefined {
    const key = keyOf(instruction, query);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // A map keeps the order of insertion: the most recently used comes last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.tokens;
  }

  set(instruction: string, query: string, tokens: Int32Array): void {
    const key = keyOf(instruction, query);
    this.#remove(key);
    const bytes = 2 * key.length + tokens.byteLength;
    if (bytes > MAX_BYTES) return;
    this.#entries.set(key, { tokens, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

/** The length keeps ('a', 'bc') and ('ab', 'c') apart. */
function keyOf(instruction: string, query: string): string {
  return `${instruction.length}:${instruction}${query}`;
}
