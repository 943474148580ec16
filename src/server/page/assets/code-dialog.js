import { copyText } from './clipboard.js';
import { asCurl, asTypeScript } from './code.js';
import { byId, choice } from './dom.js';
import { message, texts } from './language.js';

/** The dialog that shows a call as code. Returns how it is opened. */
export function startCodeDialog() {
  const dialog = byId('code-dialog', HTMLDialogElement);
  const code = byId('code-text', HTMLTextAreaElement);
  const status = message(byId('code-status', HTMLElement));
  const language = choice(dialog, 'code');
  /** @type {import('./code.js').Call | undefined} */
  let call;
  const show = () => {
    code.value = call === undefined ? '' : language.value === 'curl' ? asCurl(call) : asTypeScript(call);
    code.scrollTo(0, 0);
    status.say();
  };
  dialog.addEventListener('change', show);
  byId('code-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  byId('code-copy', HTMLButtonElement).addEventListener('click', async () => {
    const copied = await copyText(code.value);
    if (!copied) code.select();
    status.say(() => (copied ? texts().copied : texts().notCopied));
  });

  /** @param {import('./code.js').Call} next */
  return (next) => {
    call = next;
    show();
    dialog.showModal();
  };
}
