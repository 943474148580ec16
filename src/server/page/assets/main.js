import { startActivity } from './activity.js';
import { copyText } from './clipboard.js';
import { startCodeDialog } from './code-dialog.js';
import { byId } from './dom.js';
import { startFiles } from './drop.js';
import { startExamples } from './examples.js';
import { showFacts } from './facts.js';
import { readFiles } from './files.js';
import { startForm } from './form.js';
import { startKey } from './key.js';
import { documentCount, inLanguage, message, problemText, startLanguage, texts } from './language.js';
import { fromFragment, sameInput, toFragment } from './link.js';
import { Problem } from './problem.js';
import { requestOf } from './request.js';
import { startResults } from './results.js';
import { rank, SERVICE_URL, serviceInfo } from './service.js';
import { startShortcuts } from './shortcuts.js';
import { startTheme } from './theme.js';

startTheme();
startLanguage();
const form = startForm();
const key = startKey();
const results = startResults();
const activity = startActivity();
const openCode = startCodeDialog();
const problem = message(byId('problem', HTMLElement));
const linkStatus = message(byId('link-status', HTMLElement));
const stale = byId('stale', HTMLElement);

/** @type {import('./service.js').ServiceInfo} */
let info = {};
/** @type {import('./link.js').Input | undefined} What the results on show were made of. */
let ranked;

/** @param {unknown} error */
function explain(error) {
  if (!(error instanceof Problem)) throw error;
  problem.say(() => problemText(error));
  if (error.kind === 'needsQuery') form.query.focus();
  if (['needsDocuments', 'tooMany', 'notJson', 'noField'].includes(error.kind)) form.documents.focus();
  if (['needsKey', 'wrongKey', 'oddKey'].includes(error.kind)) {
    key.offer();
    key.field.focus();
  }
}

/**
 * Does something that may be a problem, and tells of it.
 * @param {() => void | Promise<void>} work
 */
async function attempt(work) {
  problem.say();
  linkStatus.say();
  try {
    await work();
  } catch (error) {
    explain(error);
  }
}

async function rankInput() {
  const input = form.read();
  const request = requestOf(input, info.max_documents);
  const sent = { key: key.read() };
  const { documents } = request;
  results.say(() => texts().ranking(documentCount(documents.length)));
  const started = performance.now();
  try {
    const ranking = await activity.during((signal) => rank(request, { ...sent, signal }));
    ranked = input;
    results.show({ documents, ranking, milliseconds: performance.now() - started });
    refreshStale();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return results.say(() => texts().stopped);
    results.tell();
    throw error;
  }
}

function refreshStale() {
  stale.hidden = ranked === undefined || sameInput(ranked, form.read());
}

function openLink() {
  const input = fromFragment(location.hash);
  if (input === undefined) return;
  void attempt(() => {
    if (input === 'damaged') throw new Problem('badLink');
    form.write(input);
  });
}

function submit() {
  if (!activity.active) void attempt(rankInput);
}

form.form.addEventListener('input', refreshStale);
form.form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
startShortcuts(form.query, submit);
startExamples(({ query, instruction = '', documents }) => {
  form.write({ query, instruction, documents: documents.join('\n'), format: 'lines' });
  submit();
});
startFiles((files) =>
  attempt(async () => {
    const { text, format } = await readFiles(files);
    form.write({ documents: text, format });
  }),
);
byId('link', HTMLButtonElement).addEventListener('click', () =>
  attempt(async () => {
    const fragment = toFragment(form.read());
    if (fragment === undefined) throw new Problem('linkTooLong');
    history.replaceState(null, '', fragment);
    const copied = await copyText(location.href);
    linkStatus.say(() => (copied ? texts().linkCopied : texts().linkInAddress));
  }),
);
byId('code', HTMLButtonElement).addEventListener('click', () =>
  attempt(() => {
    const { query, documents, instruction = '' } = requestOf(form.read(), info.max_documents);
    openCode({ url: SERVICE_URL, needsKey: info.key_required === true, query, instruction, documents });
  }),
);
addEventListener('hashchange', openLink);
openLink();

inLanguage(() => form.hintInstruction(texts().instructionHint));
void serviceInfo().then((known) => {
  info = known;
  showFacts(info);
  if (info.key_required === true) key.offer();
  // What is taken where the field is empty, whatever the language of the page.
  const { instruction } = info;
  if (instruction !== undefined) inLanguage(() => form.hintInstruction(instruction));
});
