import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { RerankitError } from '../../errors.ts';
import { linesOf } from '../../files/lines.ts';
import { isSystemError } from '../../files/system-error.ts';
import { type ByteStream, decode, openText, readAll } from '../../files/text-stream.ts';
import type { Io } from '../io.ts';
import { type PassageOptions, splitPassages } from './passages.ts';
import { recordText } from './record-text.ts';
import type { SourceDocument } from './source-document.ts';
import type { Tally } from './tally.ts';
import { walk } from './walk.ts';

/** What a document is: a line, a field of a record in JSON Lines, or a passage of a text. */
export const FORMATS = ['lines', 'jsonl', 'passages'] as const;
export type Format = (typeof FORMATS)[number];

/** How to read documents. */
export interface ReadOptions {
  /** `undefined`: by the name of each file. */
  readonly format: Format | undefined;
  /** Path of the text in a record; `undefined`: `text`. */
  readonly field: string | undefined;
  readonly skipInvalid: boolean;
  readonly passages: PassageOptions;
  /** Ends of names of the files that are read in folders; `undefined` for all. */
  readonly extensions: readonly string[] | undefined;
  readonly stdin: Io['stdin'];
  readonly signal: AbortSignal;
}

const DEFAULT_FIELD = 'text';
/** Longest line, in bytes; no model reads so much. */
const MAX_LINE_BYTES = 16 * 2 ** 20;
/** Largest file that is split into passages, in bytes. */
const MAX_FILE_BYTES = 64 * 2 ** 20;
const RECORDS = /^\.(?:jsonl|ndjson)$/i;
const MARKDOWN = /^\.(?:md|markdown|mdx)$/i;

/**
 * The documents of files, folders and standard input (`-`), in order. Rejects with `INVALID_INPUT` for what was named and
 * cannot be used, with the system's error for what cannot be read; inside folders both are counted in `tally`.
 */
export async function readDocuments(
  inputs: readonly string[],
  options: ReadOptions,
  tally: Tally,
): Promise<SourceDocument[]> {
  const documents: SourceDocument[] = [];
  for (const input of inputs) {
    if (input === '-') {
      const format = options.format ?? (options.field === undefined ? 'lines' : 'jsonl');
      await collect(documents, readText(options.stdin, 'stdin', format, options, tally));
    } else if ((await stat(input)).isDirectory()) {
      await readFolder(documents, input, options, tally);
    } else {
      await collect(documents, readText(createReadStream(input), input, formatOf(input, options), options, tally));
    }
  }
  return documents;
}

async function readFolder(
  documents: SourceDocument[],
  folder: string,
  options: ReadOptions,
  tally: Tally,
): Promise<void> {
  const before = documents.length;
  for await (const path of walk(folder, options.extensions)) {
    const format = options.format ?? (RECORDS.test(extname(path)) ? 'jsonl' : 'passages');
    try {
      await collect(documents, readText(createReadStream(path), path, format, options, tally));
    } catch (error) {
      if (error instanceof Unusable) tally.add(error.problem, path);
      else if (isSystemError(error)) tally.add('unreadable', path);
      else throw error;
    }
  }
  if (documents.length > before) return;
  const found = tally.messages().map((message) => ` ${message}.`);
  const ends = options.extensions?.filter((end) => end !== '').join(', ') ?? 'any';
  throw new RerankitError(
    'INVALID_INPUT',
    `The folder ${folder} has no text in files of these kinds: ${ends} (--ext).${found.join('')}`,
  );
}

async function collect(into: SourceDocument[], documents: AsyncIterable<SourceDocument>): Promise<void> {
  for await (const document of documents) into.push(document);
}

function formatOf(path: string, { format }: ReadOptions): Format {
  const end = extname(path);
  if (format !== undefined) return format;
  if (RECORDS.test(end)) return 'jsonl';
  if (MARKDOWN.test(end)) return 'passages';
  if (end.toLowerCase() !== '.json') return 'lines';
  throw new RerankitError(
    'INVALID_INPUT',
    `${path} is JSON; make it one record a line (jq -c '.[]' ${path} | rerankit rank QUERY --field …), ` +
      'or name a format (--format).',
  );
}

async function* readText(
  bytes: AsyncIterable<Uint8Array | string>,
  source: string,
  format: Format,
  options: ReadOptions,
  tally: Tally,
): AsyncGenerator<SourceDocument> {
  const text = await openText(bytes, options.signal);
  if (text === undefined) throw new Unusable('binary', `${source} is binary; documents must be text.`);
  const read = { lines: readLines, jsonl: readRecords, passages: readPassages }[format];
  yield* read(text, source, options, tally);
}

async function* readLines(
  bytes: ByteStream,
  source: string,
  _: ReadOptions,
  tally: Tally,
): AsyncGenerator<SourceDocument> {
  let replaced: string | undefined;
  for await (const line of linesOf(bytes, MAX_LINE_BYTES)) {
    const { text, ...found } = decode(line.bytes);
    const where = `${source}:${line.number}`;
    if (found.replaced) replaced ??= where;
    if (line.cut) tally.add('cut', where);
    if (text.trim() !== '') yield { text, source, line: line.number };
  }
  if (replaced !== undefined) tally.add('replaced', replaced);
}

async function* readRecords(
  bytes: ByteStream,
  source: string,
  { field = DEFAULT_FIELD, skipInvalid }: ReadOptions,
  tally: Tally,
): AsyncGenerator<SourceDocument> {
  let replaced: string | undefined;
  for await (const line of linesOf(bytes, MAX_LINE_BYTES)) {
    const { text: json, ...found } = decode(line.bytes);
    const where = `${source}:${line.number}`;
    if (found.replaced) replaced ??= where;
    if (json.trim() === '') continue;
    const parsed = line.cut ? { problem: 'is longer than 16 MB' } : parseRecord(json, field);
    if ('problem' in parsed) {
      if (!skipInvalid) throw new RerankitError('INVALID_INPUT', `${where} ${parsed.problem}.`);
      tally.add('invalid', `${where} ${parsed.problem}`);
    } else {
      yield { text: parsed.text, source, line: line.number, record: parsed.record };
    }
  }
  if (replaced !== undefined) tally.add('replaced', replaced);
}

function parseRecord(json: string, field: string) {
  try {
    const record: unknown = JSON.parse(json);
    return { ...recordText(record, field), record };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `is not valid JSON: ${why.slice(0, 200)}; --skip-invalid passes over such lines` };
  }
}

async function* readPassages(
  bytes: ByteStream,
  source: string,
  { passages }: ReadOptions,
  tally: Tally,
): AsyncGenerator<SourceDocument> {
  const all = await readAll(bytes, MAX_FILE_BYTES);
  if (all === undefined)
    throw new Unusable('large', `${source} is larger than 64 MB: split it, or use --format lines.`);
  const { text, replaced } = decode(all);
  if (replaced) tally.add('replaced', source);
  for (const { text: passage, line } of splitPassages(text, passages)) yield { text: passage, source, line };
}

/** What makes a file useless; in a folder the others still count. */
class Unusable extends RerankitError {
  readonly problem: 'binary' | 'large';

  constructor(problem: 'binary' | 'large', message: string) {
    super('INVALID_INPUT', message);
    this.problem = problem;
  }
}
