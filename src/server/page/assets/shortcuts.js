import { byId, openDialog } from './dom.js';

/**
 * Ctrl+Enter (Command on a Mac) submits from anywhere, and Enter from the query, where Shift+Enter is a new line.
 * @param {HTMLElement} query
 * @param {() => void} submit
 */
export function startShortcuts(query, submit) {
  addEventListener('keydown', (event) => {
    // While an input method composes, Enter is its own.
    if (event.key !== 'Enter' || event.isComposing || openDialog() !== null) return;
    const plainInQuery = event.target === query && !event.shiftKey;
    if (!event.ctrlKey && !event.metaKey && !plainInQuery) return;
    event.preventDefault();
    submit();
  });
  if (/Mac|iPhone|iPad/.test(navigator.userAgent)) byId('shortcut', HTMLElement).textContent = '⌘ ↵';
}
