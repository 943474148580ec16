/// <reference path="./raw.d.ts" />
import activity from './assets/activity.js?raw';
import baseStyle from './assets/base.css?raw';
import card from './assets/card.js?raw';
import clipboard from './assets/clipboard.js?raw';
import code from './assets/code.js?raw';
import codeDialog from './assets/code-dialog.js?raw';
import documents from './assets/documents.js?raw';
import dom from './assets/dom.js?raw';
import drop from './assets/drop.js?raw';
import examples from './assets/examples.js?raw';
import facts from './assets/facts.js?raw';
import files from './assets/files.js?raw';
import fold from './assets/fold.js?raw';
import formStyle from './assets/form.css?raw';
import form from './assets/form.js?raw';
import icon from './assets/icon.svg?raw';
import index from './assets/index.html?raw';
import key from './assets/key.js?raw';
import language from './assets/language.js?raw';
import link from './assets/link.js?raw';
import main from './assets/main.js?raw';
import problem from './assets/problem.js?raw';
import remembered from './assets/remembered.js?raw';
import request from './assets/request.js?raw';
import resultsStyle from './assets/results.css?raw';
import results from './assets/results.js?raw';
import service from './assets/service.js?raw';
import shortcuts from './assets/shortcuts.js?raw';
import textEn from './assets/text-en.js?raw';
import textZh from './assets/text-zh.js?raw';
import theme from './assets/theme.js?raw';

/** A file of the page, as it is sent. */
export interface PageFile {
  /** The media type, for `content-type`. */
  readonly type: string;
  readonly body: string;
}

const SCRIPTS = {
  activity,
  card,
  clipboard,
  code,
  'code-dialog': codeDialog,
  documents,
  dom,
  drop,
  examples,
  facts,
  files,
  fold,
  form,
  key,
  language,
  link,
  main,
  problem,
  remembered,
  request,
  results,
  service,
  shortcuts,
  'text-en': textEn,
  'text-zh': textZh,
  theme,
};
const STYLES = { base: baseStyle, form: formStyle, results: resultsStyle };

/** All of them lie in the bundle as text: nothing is read by its path, so that the page works wherever the code is bundled. */
const FILES: ReadonlyMap<string, PageFile> = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: index }],
  ['/page/icon.svg', { type: 'image/svg+xml', body: icon }],
  ...filesOf(SCRIPTS, 'js', 'text/javascript; charset=utf-8'),
  ...filesOf(STYLES, 'css', 'text/css; charset=utf-8'),
]);

/** The file of the page at `path`, such as `/` or `/page/main.js`; `undefined` where there is none. */
export function pageFile(path: string): PageFile | undefined {
  return FILES.get(path);
}

function filesOf(bodies: Readonly<Record<string, string>>, suffix: string, type: string): [string, PageFile][] {
  return Object.entries(bodies).map(([name, body]) => [`/page/${name}.${suffix}`, { type, body }]);
}
