import { Problem } from './problem.js';

/** @typedef {'lines' | 'jsonl'} Format How the documents are written: one a line, or a JSON record a line. */

/**
 * The documents in a text; blank lines do not count. Throws {@link Problem}.
 * @param {string} text
 * @param {Format} format
 * @param {string} field of a record, such as `text` or `article.body`
 * @returns {string[]}
 */
export function documentsIn(text, format, field) {
  return text.split(/\r\n|\r|\n/).flatMap((line, at) => {
    if (line.trim() === '') return [];
    return format === 'lines' ? [line] : [recordText(line, field, at + 1)];
  });
}

/**
 * As `rerankit rank` reads records: a record that is a string is its own text, and a property whose name is the whole path
 * comes before what the path leads to.
 * @param {string} line
 * @param {string} field
 * @param {number} number
 */
function recordText(line, field, number) {
  /** @type {unknown} */
  let record;
  try {
    record = JSON.parse(line);
  } catch {
    throw new Problem('notJson', number);
  }
  if (typeof record === 'string') return record;
  const value = property(record, field) ?? field.split('.').reduce(property, record);
  if (typeof value === 'string') return value;
  throw new Problem('noField', number, field);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {unknown}
 */
function property(value, name) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
