import { make } from './dom.js';
import { texts } from './language.js';

/**
 * Gives cards that show a part of their text only a button for all of it. They must be on the page already.
 * @param {readonly HTMLElement[]} cards
 */
export function fold(cards) {
  const passages = cards.flatMap((each) => each.querySelector('.passage') ?? []);
  // All are measured before the first is changed: that takes one layout, not one each.
  for (const each of passages.filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight)) addButton(each);
}

/** @param {Element} passage */
function addButton(passage) {
  const button = make('button', 'plain', texts().showAll);
  button.type = 'button';
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', () => {
    const whole = passage.classList.toggle('whole');
    button.setAttribute('aria-expanded', String(whole));
    button.textContent = whole ? texts().showLess : texts().showAll;
  });
  passage.after(button);
}
