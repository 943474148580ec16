import { documentsIn } from './documents.js';
import { Problem } from './problem.js';

/**
 * What is sent for what was typed. Throws {@link Problem}.
 * @param {import('./link.js').Input} input
 * @param {number | undefined} most documents that the service takes
 */
export function requestOf({ query, instruction, documents: text, format, field }, most) {
  if (query.trim() === '') throw new Problem('needsQuery');
  const documents = documentsIn(text, format, field);
  if (documents.length === 0) throw new Problem('needsDocuments');
  if (most !== undefined && documents.length > most) throw new Problem('tooMany', most);
  return { query, documents, ...(instruction.trim() === '' ? {} : { instruction }) };
}
