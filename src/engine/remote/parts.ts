/** Some of a request's documents, and where they begin. */
export interface Part {
  readonly start: number;
  readonly documents: readonly string[];
}

/** Divides documents so that no part takes more than `maxBytes` as JSON, unless it is a single document. */
export function* partsOf(documents: readonly string[], maxBytes: number): Generator<Part> {
  let [start, bytes] = [0, 0];
  for (const [at, document] of documents.entries()) {
    const size = Buffer.byteLength(JSON.stringify(document)) + 1;
    if (at > start && bytes + size > maxBytes) {
      yield { start, documents: documents.slice(start, at) };
      [start, bytes] = [at, 0];
    }
    bytes += size;
  }
  if (start < documents.length) yield { start, documents: documents.slice(start) };
}
