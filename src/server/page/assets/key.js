import { byId } from './dom.js';
import { Problem } from './problem.js';

/** The field for the API key: there when the service wants one. Its value is kept nowhere else. */
export function startKey() {
  const row = byId('key-field', HTMLElement);
  const field = byId('key', HTMLInputElement);
  return {
    field,
    offer() {
      row.hidden = false;
    },
    /** The key, empty if there is none. Throws {@link Problem} for one that cannot be sent. */
    read() {
      const key = field.value.trim();
      if (/[^\x21-\x7e]/.test(key)) throw new Problem('oddKey');
      return key;
    },
  };
}
