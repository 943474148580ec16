import { byId } from './dom.js';
import { recall, remember } from './remembered.js';
import { en } from './text-en.js';
import { zh } from './text-zh.js';

/** @typedef {import('./text-en.js').Texts} Texts */
/** @typedef {{ [K in keyof Texts]: Texts[K] extends string ? K : never }[keyof Texts]} PlainText A text without gaps. */

const LANGUAGES = { en: { texts: en, tag: 'en' }, zh: { texts: zh, tag: 'zh-CN' } };

let current = initial();
/** @type {Set<() => void>} */
const listeners = new Set();

function initial() {
  const stored = recall('language');
  if (stored === 'en' || stored === 'zh') return LANGUAGES[stored];
  const first = navigator.languages.find((each) => /^(en|zh)\b/i.test(each)) ?? 'en';
  return /^zh/i.test(first) ? LANGUAGES.zh : LANGUAGES.en;
}

/** The page's texts, in the language that it has now. */
export function texts() {
  return current.texts;
}

/**
 * A number as the language writes it.
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [format]
 */
export function number(value, format) {
  return value.toLocaleString(current.tag, format);
}

/**
 * What a problem is, in words.
 * @param {import('./problem.js').Problem} problem
 */
export function problemText({ kind, values }) {
  const text = texts()[kind];
  if (typeof text === 'string') return text;
  const fill = /** @type {(...values: string[]) => string} */ (text);
  return fill(...values.map((each) => (typeof each === 'number' ? number(each) : each)));
}

/** @param {number} count */
export function documentCount(count) {
  return (count === 1 ? texts().countOne : texts().countMany)(number(count));
}

/**
 * Shows something now, and again whenever the language changes.
 * @param {() => void} show
 */
export function inLanguage(show) {
  listeners.add(show);
  show();
}

/**
 * An element whose text is written anew when the language changes.
 * @param {HTMLElement} element
 */
export function message(element) {
  /** @type {(() => string) | undefined} */
  let write;
  const show = () => {
    element.textContent = write?.() ?? '';
  };
  inLanguage(show);
  return {
    /** @param {() => string} [next] no text by default */
    say(next) {
      write = next;
      show();
    },
  };
}

/** Fills in the texts that the markup names, and lets the button change the language. */
export function startLanguage() {
  const button = byId('language', HTMLButtonElement);
  inLanguage(() => {
    document.documentElement.lang = current.tag;
    button.textContent = texts().switchLanguage;
    button.lang = current === LANGUAGES.en ? 'zh-CN' : 'en';
    for (const each of named('data-text')) each.element.textContent = each.text;
    for (const each of named('data-label')) each.element.setAttribute('aria-label', each.text);
    for (const each of named('data-placeholder')) each.element.setAttribute('placeholder', each.text);
  });
  button.addEventListener('click', () => {
    const other = current === LANGUAGES.en ? 'zh' : 'en';
    current = LANGUAGES[other];
    remember('language', other);
    for (const show of listeners) show();
  });
}

/** @param {string} attribute */
function named(attribute) {
  return [...document.querySelectorAll(`[${attribute}]`)].map((element) => {
    const name = /** @type {PlainText} */ (element.getAttribute(attribute));
    return { element, text: texts()[name] };
  });
}
