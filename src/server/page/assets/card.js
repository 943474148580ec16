import { make } from './dom.js';
import { number, texts } from './language.js';

/**
 * A ranked document: its place, its text, how far it moved, and its score as a number and a bar.
 * @param {import('./service.js').Result} result
 * @param {string} text
 * @param {number} place from 1
 */
export function card({ index, relevance_score: score, truncated }, text, place) {
  const shownScore = number(score, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const passage = make('p', 'passage', text);
  passage.dir = 'auto';
  const body = make('div', 'body', passage);
  if (truncated) {
    const cut = make('p', 'cut', texts().cut);
    cut.title = texts().cutHint;
    body.append(cut);
  }
  const bar = make('div', 'bar');
  bar.style.setProperty('--score', String(score));
  const scored = make('p', 'score', hidden(texts().score(shownScore)), seen(shownScore));
  const made = make('li', 'card', make('span', 'place', String(place)), body, scored, movement(index + 1, place), bar);
  made.tabIndex = -1;
  return made;
}

/**
 * How far a document moved.
 * @param {number} from place in the input, from 1
 * @param {number} to place in the ranking, from 1
 */
function movement(from, to) {
  if (from === to) return make('span', 'moved', hidden(texts().stayed), seen('='));
  const [direction, sign, say] = from > to ? ['up', '▲', texts().up] : ['down', '▼', texts().down];
  const places = number(Math.abs(from - to));
  return make('span', `moved ${direction}`, hidden(say(places, number(from))), seen(`${sign} ${places}`));
}

/**
 * What is seen and not read aloud.
 * @param {string} text
 */
function seen(text) {
  const made = make('span', '', text);
  made.ariaHidden = 'true';
  return made;
}

/**
 * What is read aloud instead.
 * @param {string} text
 */
function hidden(text) {
  return make('span', 'unseen', text);
}
