import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { RerankitError } from '../errors.ts';
import { linesOf } from '../files/lines.ts';
import { openText } from '../files/text-stream.ts';
import { fileError } from './file-error.ts';

/** A line of a file, and the file. */
export interface TextLine {
  readonly text: string;
  /** Path and number of the line, as in `run.txt:12`. */
  readonly where: string;
}

/** Longest line, in bytes. */
const MAX_LINE_BYTES = 16 * 2 ** 20;
/** Most lines of a file that is kept in memory: some 2 GB of memory. */
const MAX_RECORDS = 20_000_000;

/**
 * The lines of a text file, blank ones left out. Rejects with `FILE_FAILED` if it cannot be read, with `INVALID_INPUT` for
 * what is no text in UTF-8 or has a line of more than 16 MB, or with the signal's reason.
 */
export async function* textLines(
  path: string,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<TextLine> {
  try {
    const bytes = await openText(createReadStream(path), signal);
    if (bytes === undefined) throw damaged(path, 'is binary; it must be text');
    for await (const { bytes: line, number, cut } of linesOf(bytes, MAX_LINE_BYTES)) {
      const where = `${path}:${number}`;
      if (cut) throw damaged(where, 'is longer than 16 MB');
      if (!isUtf8(line)) throw damaged(where, 'has bytes that are not UTF-8');
      const text = line.toString('utf8');
      if (text.trim() !== '') yield { text, where };
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/** {@link textLines} for files that are kept in memory. Rejects with `INVALID_INPUT` where there are too many. */
export async function* recordLines(path: string, signal?: AbortSignal): AsyncGenerator<TextLine> {
  let count = 0;
  for await (const line of textLines(path, signal)) {
    if (++count > MAX_RECORDS)
      throw damaged(path, `has more than ${MAX_RECORDS.toLocaleString('en-US')} lines: split it`);
    yield line;
  }
}

/** The error for a line or file that is not as it must be. */
export function damaged(where: string, problem: string): RerankitError {
  return new RerankitError('INVALID_INPUT', `${where} ${problem}.`);
}
