import { card } from './card.js';
import { byId } from './dom.js';
import { fold } from './fold.js';
import { documentCount, inLanguage, message, number, texts } from './language.js';

/** Cards that are shown at first, and at each further step. */
const STEP = 100;

/**
 * What there is to show.
 * @typedef {object} Outcome
 * @property {readonly string[]} documents in the order of the input
 * @property {import('./service.js').Ranking} ranking
 * @property {number} milliseconds from the request to its answer
 */

/** The ranked cards, and a line that tells of them. */
export function startResults() {
  const cards = byId('cards', HTMLOListElement);
  const more = byId('more', HTMLButtonElement);
  const status = message(byId('status', HTMLElement));
  /** @type {Outcome | undefined} */
  let outcome;
  let shown = 0;

  /** @param {number} until */
  const show = (until) => {
    if (outcome === undefined) return;
    const { documents, ranking } = outcome;
    const added = ranking.results
      .slice(shown, until)
      .map((result, at) => card(result, documents[result.index] ?? '', shown + at + 1));
    cards.append(...added);
    fold(added);
    shown = Math.min(until, ranking.results.length);
    const rest = ranking.results.length - shown;
    more.hidden = rest === 0;
    more.textContent = texts().more(number(Math.min(rest, STEP)));
  };
  more.addEventListener('click', () => {
    const first = shown;
    show(shown + STEP);
    const next = cards.children.item(first);
    if (next instanceof HTMLElement) next.focus();
  });
  inLanguage(() => {
    const before = shown;
    shown = 0;
    cards.replaceChildren();
    show(before);
  });

  /** Tells of what is shown, if anything is. */
  const tell = () => {
    const current = outcome;
    status.say(current && (() => summary(current)));
  };

  return {
    tell,
    /** @param {() => string} what tells of something else */
    say: (what) => status.say(what),
    /** @param {Outcome} next */
    show(next) {
      outcome = next;
      shown = 0;
      cards.replaceChildren();
      show(STEP);
      byId('empty', HTMLElement).hidden = true;
      byId('legend', HTMLElement).hidden = false;
      tell();
      reveal();
    },
  };
}

/** @param {Outcome} outcome */
function summary({ documents, ranking, milliseconds }) {
  const ranked = texts().ranked(documentCount(documents.length), duration(milliseconds));
  const { tokens } = ranking;
  return tokens === undefined
    ? ranked
    : `${ranked} · ${texts().tokens(number(tokens.prompt), number(tokens.computed))}`;
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  return milliseconds < 1000
    ? `${number(Math.round(milliseconds))} ms`
    : `${number(milliseconds / 1000, { maximumFractionDigits: 1, minimumFractionDigits: 1 })} s`;
}

/** On narrow screens the ranking lies below what can be seen. */
function reveal() {
  const section = byId('results', HTMLElement);
  if (section.getBoundingClientRect().top < innerHeight * 0.6) return;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  section.scrollIntoView({ behavior: still ? 'auto' : 'smooth' });
}
