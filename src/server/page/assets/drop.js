import { byId } from './dom.js';

/**
 * Files come by the button, or are dropped anywhere on the page.
 * @param {(files: File[]) => void} take
 */
export function startFiles(take) {
  const chooser = byId('file', HTMLInputElement);
  byId('open', HTMLButtonElement).addEventListener('click', () => chooser.click());
  chooser.addEventListener('change', () => {
    const files = [...(chooser.files ?? [])];
    chooser.value = ''; // so that the same file can be chosen again
    if (files.length > 0) take(files);
  });

  /** @param {boolean} shown */
  const offer = (shown) => document.body.classList.toggle('dropping', shown);
  addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return; // text that is moved within the page
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    offer(true);
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) offer(false);
  });
  addEventListener('drop', (event) => {
    offer(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
}
