/**
 * What a visitor has typed. The key is not part of it.
 * @typedef {object} Input
 * @property {string} query
 * @property {string} instruction empty for the service's own
 * @property {string} documents the text they are written in
 * @property {import('./documents.js').Format} format
 * @property {string} field of records
 */

/** Most characters of a link's fragment: programs that pass links on cut longer ones. */
export const MAX_FRAGMENT = 32_000;

/**
 * The input as the fragment of a link, which browsers do not send to the server; `undefined` if it is too long.
 * @param {Input} input
 * @returns {string | undefined}
 */
export function toFragment({ query, instruction, documents, format, field }) {
  const values = new URLSearchParams({ query, documents });
  if (instruction !== '') values.set('instruction', instruction);
  if (format === 'jsonl') values.set('field', field);
  const fragment = `#${values}`;
  return fragment.length > MAX_FRAGMENT ? undefined : fragment;
}

/**
 * The input that a fragment holds, `undefined` where it holds none, or `'damaged'`. Anything may come in: whatever it is, it
 * becomes text in the fields of the form.
 * @param {string} fragment
 * @returns {Input | 'damaged' | undefined}
 */
export function fromFragment(fragment) {
  if (fragment.length < 2) return undefined;
  if (fragment.length > MAX_FRAGMENT) return 'damaged';
  const values = new URLSearchParams(fragment.slice(1));
  const [query, documents, field] = [values.get('query'), values.get('documents'), values.get('field')];
  if (query === null || documents === null) return 'damaged';
  return {
    query,
    instruction: values.get('instruction') ?? '',
    documents,
    format: field === null ? 'lines' : 'jsonl',
    field: field ?? 'text',
  };
}

/**
 * @param {Input} one
 * @param {Input} other
 */
export function sameInput(one, other) {
  return (
    one.query === other.query &&
    one.instruction === other.instruction &&
    one.documents === other.documents &&
    one.format === other.format &&
    one.field === other.field
  );
}
