import { byId } from './dom.js';
import { recall, remember } from './remembered.js';

const system = matchMedia('(prefers-color-scheme: dark)');

/** Light or dark, as the system has it until the visitor takes the other; taking the system's again follows it again. */
export function startTheme() {
  const button = byId('theme', HTMLButtonElement);
  const stored = recall('theme');
  let own = stored === 'light' || stored === 'dark' ? stored : undefined;
  const isDark = () => (own === undefined ? system.matches : own === 'dark');
  const show = () => {
    if (own === undefined) delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = own;
    button.setAttribute('aria-pressed', String(isDark()));
  };
  button.addEventListener('click', () => {
    const dark = !isDark();
    own = dark === system.matches ? undefined : dark ? 'dark' : 'light';
    remember('theme', own);
    show();
  });
  system.addEventListener('change', show);
  show();
}
