/** Some of a request's items, and where they begin. */
export interface Part<T> {
  readonly start: number;
  readonly items: readonly T[];
}

/** Divides items so that no part takes more than `maxBytes` as JSON, unless it is a single item. */
export function* partsOf<T>(
  items: readonly T[],
  maxBytes: number,
  bytesOf: (item: T) => number,
): Generator<Part<T>, void, undefined> {
  let [start, bytes] = [0, 0];
  for (const [at, item] of items.entries()) {
    const size = bytesOf(item) + 1;
    if (at > start && bytes + size > maxBytes) {
      yield { start, items: items.slice(start, at) };
      [start, bytes] = [at, 0];
    }
    bytes += size;
  }
  if (start < items.length) yield { start, items: items.slice(start) };
}

/** Bytes of a text as JSON. */
export function textBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}
