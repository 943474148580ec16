import { show } from '../../errors.ts';

/** The text of a record, or why it has none. */
export type RecordText = { readonly text: string } | { readonly problem: string };

/**
 * What a dotted path such as `article.body` or `pages.0.text` leads to in a JSON value. A property whose name is the whole
 * path comes first, and a record that is a string is its own text.
 */
export function recordText(record: unknown, field: string): RecordText {
  if (typeof record === 'string') return { text: record };
  if (typeof record !== 'object' || record === null) return { problem: `is ${show(record)}, not an object` };
  const value = Object.hasOwn(record, field) ? Reflect.get(record, field) : follow(record, field.split('.'));
  if (typeof value === 'string') return { text: value };
  if (value !== undefined) return { problem: `has ${show(value)} in its field ${show(field)}, not a string` };
  const names = Object.entries(record).flatMap(([name, each]) => (typeof each === 'string' ? [name] : []));
  const hint = names.length === 0 ? '' : `; fields with text: ${names.slice(0, 10).join(', ')} (--field)`;
  return { problem: `has no field ${show(field)}${hint}` };
}

function follow(record: unknown, path: readonly string[]): unknown {
  let value = record;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
