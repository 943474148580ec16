import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import { fileError } from './file-error.ts';
import { damaged, textLines } from './text-lines.ts';

/** What was found for a query. */
export interface JournalEntry {
  readonly query: string;
  /** Time of the call, in milliseconds. */
  readonly ms: number;
  /** Document ids and their scores. */
  readonly scores: readonly (readonly [id: string, score: number])[];
}

/** What the file is of; each property must be the same for the work to go on. */
export type JournalIdentity = Readonly<Record<string, string>>;

const HEAD = { format: 'rerankit-evaluation-1' };
/** How each of these files begins. */
const BEGINNING = JSON.stringify(HEAD).slice(0, -1);
const LINE_FEED = 0x0a;

/** A file to which results are added one by one, so that work that was interrupted goes on where it stopped. */
export class Journal implements AsyncDisposable {
  /** What an earlier process found, by query. */
  readonly entries: ReadonlyMap<string, JournalEntry>;
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, entries: ReadonlyMap<string, JournalEntry>) {
    this.#path = path;
    this.#file = file;
    this.entries = entries;
  }

  /**
   * Opens the file, or begins it. A last line without its end, as a process leaves behind that was killed while it wrote, is
   * removed. Rejects with `FILE_FAILED`, or with `INVALID_INPUT` if a line is damaged or the file is of something else.
   */
  static async open(path: string, identity: JournalIdentity): Promise<Journal> {
    let file: FileHandle | undefined;
    try {
      await mkdir(dirname(path), { recursive: true });
      file = await open(path, 'a+', 0o644);
      const length = await wholeLines(file);
      await checkFormat(path, file);
      await file.truncate(length);
      const entries = length === 0 ? new Map<string, JournalEntry>() : await readEntries(path, identity);
      if (length === 0) await file.appendFile(`${JSON.stringify({ ...HEAD, identity })}\n`);
      return new Journal(path, file, entries);
    } catch (error) {
      await file?.close();
      throw fileError('write', path, error);
    }
  }

  /** Adds a result. Rejects with `FILE_FAILED`. */
  async add(entry: JournalEntry): Promise<void> {
    try {
      await this.#file.appendFile(`${JSON.stringify(entry)}\n`);
    } catch (error) {
      throw fileError('write', this.#path, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** A file of somebody else must stay as it is. */
async function checkFormat(path: string, file: FileHandle): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
  if (BEGINNING.startsWith(buffer.toString('latin1', 0, bytesRead))) return;
  throw new RerankitError(
    'INVALID_INPUT',
    `${path} holds no results of this version: remove it, or name another file.`,
  );
}

/** The length of the file up to its last line feed, in bytes. */
async function wholeLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const piece = Buffer.alloc(65_536);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await file.read(piece, 0, end - start, start);
    const at = piece.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}

async function readEntries(path: string, identity: JournalIdentity): Promise<Map<string, JournalEntry>> {
  const entries = new Map<string, JournalEntry>();
  let head = true;
  for await (const { text, where } of textLines(path)) {
    const value = parse(text, where);
    if (head) checkIdentity(path, value, identity);
    else {
      const entry = entryOf(value, where);
      entries.set(entry.query, entry);
    }
    head = false;
  }
  return entries;
}

function checkIdentity(path: string, head: object, identity: JournalIdentity): void {
  const { identity: known }: { readonly identity?: unknown } = head;
  const property = (name: string): unknown =>
    typeof known === 'object' && known !== null && Object.hasOwn(known, name) ? Reflect.get(known, name) : undefined;
  for (const [name, value] of Object.entries(identity)) {
    if (property(name) === value) continue;
    throw new RerankitError(
      'INVALID_INPUT',
      `${path} holds results of another evaluation: its ${name} is ${show(property(name))}, now it is ${show(value)}. ` +
        'Remove it, or name another file.',
    );
  }
}

function entryOf(value: object, where: string): JournalEntry {
  const { query, ms, scores }: Record<string, unknown> = { ...value };
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && Number.isFinite(pair[1]);
  if (typeof query === 'string' && typeof ms === 'number' && Array.isArray(scores) && scores.every(isPair)) {
    return { query, ms, scores };
  }
  throw notAResult(where);
}

function parse(text: string, where: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The same is to be done about it.
  }
  throw notAResult(where);
}

function notAResult(where: string): RerankitError {
  return damaged(where, 'is damaged: remove the line, and what it held is computed again');
}
