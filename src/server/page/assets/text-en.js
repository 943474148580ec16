/** What the page says in English. Functions are for what has numbers or names in it, which come formatted. */
export const en = {
  switchLanguage: '中文',
  theme: 'Dark theme',
  model: 'model',
  device: 'device',
  dtype: 'dtype',
  version: 'version',
  examples: 'Examples',
  query: 'Query',
  queryHint: 'What are you looking for?',
  instruction: 'Instruction',
  optional: 'optional',
  instructionHint: 'What makes a document relevant, in a sentence',
  documents: 'Documents',
  documentsHint: 'One document a line',
  recordsHint: '{"text": "One record a line"}',
  format: 'Format of the documents',
  lines: 'one a line',
  open: 'Open file…',
  dropHint: 'or drop a .txt or .jsonl file on the page',
  dropHere: 'Drop to read the documents',
  field: 'Field with the text',
  key: 'API key',
  keyNote: 'Kept in the memory of this page only.',
  rank: 'Rank',
  stop: 'Stop',
  link: 'Copy link',
  linkCopied: 'Link copied',
  linkInAddress: 'The link is in the address bar',
  code: 'As code',
  codeTitle: 'The same in code',
  codeLanguage: 'Language',
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'The browser did not allow it: select the text and copy it.',
  close: 'Close',
  results: 'Ranking',
  stale: 'The input has changed since.',
  empty: 'Write a query, put documents below it, and rank. Or try an example.',
  legend:
    'A score is the probability that the document is relevant, 0 to 1. ▲ and ▼ tell how far it moved from its place in the input.',
  cut: 'cut',
  cutHint: 'Too long for the model: its end was not read.',
  showAll: 'Show all of it',
  showLess: 'Show less',
  stayed: 'Where it was',
  stopped: 'Stopped.',
  needsQuery: 'Write a query first.',
  needsDocuments: 'Give it documents to rank.',
  needsKey: 'This service wants an API key.',
  wrongKey: 'The service does not accept this API key.',
  oddKey: 'An API key has no spaces and only characters of ASCII.',
  unreachable: 'The service cannot be reached. Is it still running?',
  oddAnswer: 'The service answered something that is not a ranking.',
  linkTooLong: 'This is too much text for a link. The code has all of it.',
  badLink: 'This link is damaged or too long, and was not opened.',
  mixedFiles: 'Text and JSONL files do not go together.',
  /** @param {string} count */
  countOne: (count) => `${count} document`,
  /** @param {string} count */
  countMany: (count) => `${count} documents`,
  /** @param {string} most */
  tooMany: (most) => `The service takes at most ${most} documents.`,
  /** @param {string} line */
  notJson: (line) => `Line ${line} of the documents is not JSON.`,
  /** @param {string} line @param {string} field */
  noField: (line, field) => `Line ${line} of the documents has no text in its field “${field}”.`,
  /** @param {string} name */
  notText: (name) => `${name} is not a text file.`,
  /** @param {string} name @param {string} most */
  fileTooLarge: (name, most) => `${name} is larger than ${most} MB. Use the command line: rerankit rank`,
  /** @param {string} name */
  unreadable: (name) => `${name} cannot be read.`,
  /** @param {string} documents */
  ranking: (documents) => `Ranking ${documents}…`,
  /** @param {string} documents @param {string} time */
  ranked: (documents, time) => `${documents} in ${time}`,
  /** @param {string} prompt @param {string} computed */
  tokens: (prompt, computed) => `${prompt} tokens, ${computed} of them computed`,
  /** @param {string} count */
  more: (count) => `Show ${count} more`,
  /** @param {string} places @param {string} from */
  up: (places, from) => `Up ${places} from ${from}`,
  /** @param {string} places @param {string} from */
  down: (places, from) => `Down ${places} from ${from}`,
  /** @param {string} score */
  score: (score) => `Score ${score}`,
  /** @param {string} seconds */
  busy: (seconds) => `The service is busy. Try again in ${seconds} s.`,
  busyNow: 'The service is busy. Try again in a moment.',
  /** @param {string} status @param {string} message */
  failed: (status, message) => `The service refused (${status}): ${message}`,
  /** @param {string} status */
  failedSilently: (status) => `The service answered with status ${status} and no reason.`,
};

/** @typedef {typeof en} Texts */
