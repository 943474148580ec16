import { Problem } from './problem.js';

/** @typedef {import('./documents.js').Format} Format */

/** Most megabytes of a file: beyond that a text field is no place for it. */
const MAX_MEGABYTES = 4;

/**
 * The text of files, one after the other, and how documents are written in it. Throws {@link Problem}.
 * @param {readonly File[]} files
 * @returns {Promise<{ text: string, format: Format }>}
 */
export async function readFiles(files) {
  const formats = files.map(({ name }) => (/\.(jsonl|ndjson)$/i.test(name) ? 'jsonl' : 'lines'));
  const format = formats[0] ?? 'lines';
  if (formats.some((each) => each !== format)) throw new Problem('mixedFiles');
  const contents = await Promise.all(files.map(textOf));
  return { text: contents.map((each) => each.trimEnd()).join('\n'), format };
}

/** @param {File} file */
async function textOf(file) {
  if (file.size > MAX_MEGABYTES * 1e6) throw new Problem('fileTooLarge', file.name, MAX_MEGABYTES);
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Problem('unreadable', file.name); // a folder, or gone
  });
  const text = new TextDecoder(encodingOf(new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength)))).decode(bytes);
  if (text.includes('\0')) throw new Problem('notText', file.name);
  return text;
}

/**
 * By the byte order mark; UTF-8 without one.
 * @param {Uint8Array} start
 */
function encodingOf([first, second]) {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
