/**
 * A prompt prefix with a hash of its tokens. Many small calls about one query each encode their own copy of the prefix;
 * the hash makes it cheap to see that they are equal, so that a micro-batch computes them once.
 */
export interface Prefix {
  readonly tokens: Int32Array;
  readonly hash: number;
}

export function hashedPrefix(tokens: Int32Array): Prefix {
  // FNV-1a over whole tokens: collisions only cost a comparison.
  let hash = 0x811c9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ token, 0x01000193);
  return { tokens, hash };
}

/** The distinct prefixes of one micro-batch, in the order of their first use. */
export class PrefixSet {
  readonly list: Int32Array[] = [];
  readonly #indices = new Map<number, number[]>();

  /** Where `prefix`, or one of equal content, stands in {@link list}; -1 if it is not there. */
  indexOf(prefix: Prefix): number {
    for (const index of this.#indices.get(prefix.hash) ?? []) {
      const known = this.list[index];
      if (known !== undefined && sameTokens(known, prefix.tokens)) return index;
    }
    return -1;
  }

  /** Adds a prefix that is not in the set yet, and returns its index. */
  add(prefix: Prefix): number {
    const index = this.list.push(prefix.tokens) - 1;
    const alike = this.#indices.get(prefix.hash);
    if (alike) alike.push(index);
    else this.#indices.set(prefix.hash, [index]);
    return index;
  }
}

function sameTokens(a: Int32Array, b: Int32Array): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((token, index) => token === b[index]);
}
