import { documentsIn } from './documents.js';
import { byId, choice } from './dom.js';
import { documentCount, inLanguage, texts } from './language.js';

/** @typedef {import('./link.js').Input} Input */

/** The fields of the form: what is in them, and what depends on that. */
export function startForm() {
  const form = byId('form', HTMLFormElement);
  const query = byId('query', HTMLTextAreaElement);
  const instruction = byId('instruction', HTMLTextAreaElement);
  const documents = byId('documents', HTMLTextAreaElement);
  const field = byId('field', HTMLInputElement);
  const format = choice(form, 'format');
  const count = byId('count', HTMLElement);

  /** @returns {Input} */
  const read = () => ({
    query: query.value,
    instruction: instruction.value,
    documents: documents.value,
    format: format.value === 'jsonl' ? 'jsonl' : 'lines',
    field: field.value,
  });

  const refresh = () => {
    byId('record-field', HTMLElement).hidden = read().format !== 'jsonl';
    documents.placeholder = read().format === 'jsonl' ? texts().recordsHint : texts().documentsHint;
    // Lines are counted, not read: a record that is wrong is told of when it is ranked.
    count.textContent = documentCount(documentsIn(documents.value, 'lines', '').length);
  };

  /** @param {Partial<Input>} input */
  const write = (input) => {
    query.value = input.query ?? query.value;
    instruction.value = input.instruction ?? instruction.value;
    documents.value = input.documents ?? documents.value;
    field.value = input.field ?? field.value;
    format.value = input.format ?? format.value;
    // As if typed: whoever listens to the form hears of it.
    form.dispatchEvent(new Event('input', { bubbles: true }));
  };

  form.addEventListener('input', refresh);
  inLanguage(refresh);
  /** @param {string} hint */
  const hintInstruction = (hint) => {
    instruction.placeholder = hint;
  };
  return { form, query, documents, read, write, hintInstruction };
}
