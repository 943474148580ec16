import { RerankitError, show } from './errors.ts';
import type { Pair } from './types.ts';

/** Throws `INVALID_INPUT` unless `query` is a string. */
export function checkQuery(query: unknown): void {
  if (typeof query !== 'string') {
    throw new RerankitError('INVALID_INPUT', `The query must be a string, not ${show(query)}.`);
  }
}

/**
 * The text of each document. Throws `INVALID_INPUT` with the index of the first document that has none; what the
 * selector itself throws passes unchanged.
 */
export function textsOf<D>(documents: readonly D[], text?: (document: D, index: number) => string): string[] {
  if (!Array.isArray(documents)) {
    throw new RerankitError('INVALID_INPUT', `The documents must be an array, not ${show(documents)}.`);
  }
  // Array.from, and not map: a hole in a sparse array is a document that is missing.
  return Array.from(documents, (document, index) => {
    const value: unknown = text === undefined ? document : text(document, index);
    if (typeof value === 'string') return value;
    const what =
      text === undefined
        ? `documents[${index}] is ${show(value)}; documents must be strings, or the option text must say where their text is.`
        : `The option text gave ${show(value)} for documents[${index}]; it must give a string.`;
    throw new RerankitError('INVALID_INPUT', what);
  });
}

/** Throws `INVALID_INPUT` naming the first pair, and its part, that is not as it must be. */
export function checkPairs(pairs: readonly Pair[]): void {
  if (!Array.isArray(pairs)) {
    throw new RerankitError('INVALID_INPUT', `The pairs must be an array of { query, document }, not ${show(pairs)}.`);
  }
  for (let index = 0; index < pairs.length; index++) {
    const pair: unknown = pairs[index];
    if (typeof pair !== 'object' || pair === null) {
      throw new RerankitError('INVALID_INPUT', `pairs[${index}] must be { query, document }, not ${show(pair)}.`);
    }
    const { query, document, instruction } = pair as Partial<Record<keyof Pair, unknown>>;
    for (const [name, value] of Object.entries({ query, document, instruction: instruction ?? '' })) {
      if (typeof value !== 'string') {
        throw new RerankitError('INVALID_INPUT', `pairs[${index}].${name} must be a string, not ${show(value)}.`);
      }
    }
  }
}
