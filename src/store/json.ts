import { RerankitError, show } from '../errors.ts';

/** A value that JSON writes and reads back unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | JsonRecord;

/** An object of JSON values. A property that is `undefined` counts as absent. */
export interface JsonRecord {
  readonly [name: string]: Json | undefined;
}

/**
 * JSON in one form only: keys sorted, no spaces. Throws `INVALID_OPTION` for what JSON would change silently, such as
 * `NaN`, a date or a typed array.
 */
export function canonicalJson(value: Json | undefined): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isPlain(value)) {
    const names = Object.keys(value).filter((name) => value[name] !== undefined);
    return `{${names.sort().map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`)}}`;
  }
  throw new RerankitError('INVALID_OPTION', `${show(value)} cannot be written as JSON without loss.`);
}

/** `Array.isArray` does not know of read-only arrays. */
function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isPlain(value: Json | undefined): value is JsonRecord {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
