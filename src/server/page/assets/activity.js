import { byId, openDialog } from './dom.js';
import { number } from './language.js';

/** Shows that a request is under way, and lets it be stopped. */
export function startActivity() {
  const rank = byId('rank', HTMLButtonElement);
  const stop = byId('stop', HTMLButtonElement);
  const progress = byId('progress', HTMLElement);
  const clock = byId('clock', HTMLElement);
  /** @type {AbortController | undefined} */
  let controller;

  stop.addEventListener('click', () => controller?.abort());
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && openDialog() === null) controller?.abort();
  });

  /** @param {boolean} active */
  const show = (active) => {
    if (!active && document.activeElement === stop) rank.focus();
    rank.setAttribute('aria-disabled', String(active));
    stop.hidden = !active;
    progress.hidden = !active;
    clock.textContent = '';
  };

  return {
    get active() {
      return controller !== undefined;
    },
    /**
     * Resolves and rejects as the work does.
     * @template T
     * @param {(signal: AbortSignal) => Promise<T>} work
     */
    async during(work) {
      controller = new AbortController();
      const started = performance.now();
      const timer = setInterval(() => {
        const seconds = (performance.now() - started) / 1000;
        clock.textContent = `${number(seconds, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s`;
      }, 100);
      show(true);
      try {
        return await work(controller.signal);
      } finally {
        clearInterval(timer);
        controller = undefined;
        show(false);
      }
    },
  };
}
