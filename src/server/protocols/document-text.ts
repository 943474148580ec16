import { field } from '../../engine/remote/json.ts';
import { show } from '../../errors.ts';
import type { Limits } from '../limits.ts';
import { invalid } from '../problem.ts';

export interface DocumentPlace {
  /** The document's place in the request. */
  readonly at: number;
  readonly limits: Pick<Limits, 'documentCharacters'>;
}

/**
 * What is read of a document that may be an object: its field `text`, or the fields that were named, each on a line of
 * its own behind its name. Throws a 422 for one that has no text there.
 */
export function documentText(
  document: string | Readonly<Record<string, unknown>>,
  names: readonly string[] | undefined,
  { at, limits }: DocumentPlace,
): string {
  if (typeof document === 'string') return document;
  const values = (names ?? ['text']).map((name) => {
    const value = field(document, name);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw invalid(`documents[${at}].${name} is ${show(value)}; it must be a string.`);
  });
  const text =
    names === undefined || names.length === 1
      ? (values[0] ?? '')
      : values.map((value, n) => `${names[n]}: ${value}`).join('\n');
  if (text.length <= limits.documentCharacters) return text;
  throw invalid(`documents[${at}] has ${text.length} characters; at most ${limits.documentCharacters} are taken.`);
}
