/**
 * The element of the page with this id.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} #${id}.`);
}

/**
 * A new element. Strings become text, never markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(string | Node)} content
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

/**
 * The radio button that is on, of those with a name; setting turns on the one with that value.
 * @param {HTMLElement} inside
 * @param {string} name
 */
export function choice(inside, name) {
  const buttons = [...inside.querySelectorAll('input')].filter((each) => each.type === 'radio' && each.name === name);
  return {
    get value() {
      return buttons.find((each) => each.checked)?.value ?? '';
    },
    set value(value) {
      for (const each of buttons) each.checked = each.value === value;
    },
  };
}

/** The dialog that is open, if one is. */
export function openDialog() {
  return document.querySelector('dialog[open]');
}
