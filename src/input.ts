import { RerankitError, show } from './errors.ts';
import type { Pair } from './types.ts';

/** Throws `INVALID_INPUT` unless `query` is a string. */
export function checkQuery(query: unknown): void {
  if (typeof query !== 'string') {
    throw new RerankitError('INVALID_INPUT', `The query must be a string, not ${show(query)}.`);
  }
}

/**
 * The caller's documents in an array of our own, and their texts. Throws `INVALID_INPUT` with the index of the first
 * document that has no text; what the selector itself throws passes unchanged.
 */
export function readDocuments<D>(
  documents: readonly D[],
  text?: (document: D, index: number) => string,
): { readonly own: readonly D[]; readonly texts: readonly string[] } {
  // Copied before anything looks at them: the caller may change its array, even in the selector.
  const own = Array.from(documents);
  const texts = own.map((document, index) => {
    const value: unknown = text === undefined ? document : text(document, index);
    if (typeof value === 'string') return value;
    const what =
      text === undefined
        ? `documents[${index}] is ${show(value)}; documents must be strings, or the option text must say where their text is.`
        : `The option text gave ${show(value)} for documents[${index}]; it must give a string.`;
    throw new RerankitError('INVALID_INPUT', what);
  });
  return { own, texts };
}

/** Throws `INVALID_INPUT` unless `list` is an array. */
export function checkArray(name: string, list: unknown, of = ''): void {
  if (!Array.isArray(list)) {
    throw new RerankitError('INVALID_INPUT', `The ${name} must be an array${of}, not ${show(list)}.`);
  }
}

/** The parts of a pair. */
const PARTS: readonly string[] = ['query', 'document', 'instruction'] satisfies (keyof Pair)[];

/** The caller's pairs in objects of our own. Throws `INVALID_INPUT` naming the first that is not as it must be. */
export function readPairs(pairs: readonly Pair[]): Pair[] {
  return Array.from(pairs, (pair: unknown, index) => {
    if (typeof pair !== 'object' || pair === null) {
      throw new RerankitError('INVALID_INPUT', `pairs[${index}] must be { query, document }, not ${show(pair)}.`);
    }
    const extra = Object.keys(pair).find((name) => !PARTS.includes(name));
    if (extra !== undefined) {
      throw new RerankitError(
        'INVALID_INPUT',
        `pairs[${index}] has no part ${show(extra)}; it has ${PARTS.join(', ')}.`,
      );
    }
    const part = (name: keyof Pair): string => {
      const value: unknown = Reflect.get(pair, name);
      if (typeof value === 'string') return value;
      throw new RerankitError('INVALID_INPUT', `pairs[${index}].${name} must be a string, not ${show(value)}.`);
    };
    const [query, document] = [part('query'), part('document')];
    return Reflect.get(pair, 'instruction') === undefined
      ? { query, document }
      : { query, document, instruction: part('instruction') };
  });
}
