import { basename, join, resolve } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import { type Rules, read, signal, string } from '../option-rules.ts';
import { damaged, recordLines, type TextLine, textLines } from './text-lines.ts';
import { readQrels, writeQrels } from './trec.ts';
import type { Dataset, DatasetDocument, Qrels } from './types.ts';
import { writeFileAtomically } from './write-file.ts';

/** How to open a folder in BEIR's form. */
export interface BeirOptions {
  /** Which judgements: `qrels/SPLIT.tsv`. @default 'test' */
  readonly split?: string | undefined;
  /** Gives up: rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A document as BEIR has it. */
export interface BeirDocument {
  readonly id: string;
  readonly title?: string | undefined;
  readonly text: string;
}

/** What a folder in BEIR's form holds. */
export interface BeirContent {
  readonly documents: Iterable<BeirDocument> | AsyncIterable<BeirDocument>;
  /** Texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  readonly qrels: Qrels;
}

const RULES: Rules<BeirOptions> = { split: string, signal };
const DEFAULT_SPLIT = 'test';

/**
 * Opens a folder in BEIR's form: `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`), `qrels/test.tsv`.
 * Judgements and judged queries are read; documents stay on the disk until they are asked for. Rejects with `FILE_FAILED`,
 * `INVALID_OPTION`, or with `INVALID_INPUT`, which names the line.
 */
export async function openBeir(folder: string, options: BeirOptions = {}): Promise<Dataset> {
  const { split = DEFAULT_SPLIT, signal } = read('openBeir', RULES, options);
  const qrels = await readQrels(join(folder, 'qrels', `${splitName(split)}.tsv`), { signal });
  const path = join(folder, 'queries.jsonl');
  const found = new Map<string, string>();
  for await (const line of recordLines(path, signal)) {
    const { id, text } = recordOf(line);
    if (!qrels.has(id)) continue;
    if (found.has(id)) throw damaged(line.where, `has the query ${show(id)} a second time`);
    found.set(id, text);
  }
  const missing = [...qrels.keys()].find((id) => !found.has(id));
  if (missing !== undefined) throw damaged(path, `lacks the query ${show(missing)}, which has judgements`);
  // In the order of the judgements, whatever that of the queries.
  const queries = new Map([...qrels.keys()].map((id) => [id, found.get(id) ?? '']));
  return { name: basename(resolve(folder)), queries, qrels, documents: () => documentsOf(folder, signal) };
}

async function* documentsOf(folder: string, signal: AbortSignal | undefined): AsyncGenerator<DatasetDocument> {
  for await (const line of textLines(join(folder, 'corpus.jsonl'), signal)) {
    const { id, title, text } = recordOf(line);
    yield { id, text: title === '' ? text : `${title}\n${text}` };
  }
}

/** Writes such a folder, each file whole or not at all. Rejects with `FILE_FAILED`, `INVALID_INPUT`. */
export async function writeBeir(
  folder: string,
  { documents, queries, qrels }: BeirContent,
  { split = DEFAULT_SPLIT }: Pick<BeirOptions, 'split'> = {},
): Promise<void> {
  const line = (record: object): string => `${JSON.stringify(record)}\n`;
  await writeFileAtomically(
    join(folder, 'corpus.jsonl'),
    (async function* () {
      for await (const { id, title = '', text } of documents) yield line({ _id: id, title, text });
    })(),
  );
  await writeFileAtomically(
    join(folder, 'queries.jsonl'),
    (function* () {
      for (const [id, text] of queries) yield line({ _id: id, text });
    })(),
  );
  await writeQrels(join(folder, 'qrels', `${splitName(split)}.tsv`), qrels);
}

/** A name, and no way to other folders. */
function splitName(split: string): string {
  if (/^[\w.-]{1,100}$/.test(split) && !split.startsWith('.')) return split;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option split is ${show(split)}; it must be a name such as test: letters, digits, "_", "-" and ".".`,
  );
}

function recordOf({ text: json, where }: TextLine): {
  readonly id: string;
  readonly title: string;
  readonly text: string;
} {
  const record = parse(json, where);
  if (typeof record !== 'object' || record === null) throw damaged(where, `is ${show(record)}, not an object`);
  const own = (name: string): unknown => (Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined);
  const id = own('_id');
  const title = own('title') ?? '';
  const text = own('text');
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '') {
    throw damaged(where, `has ${show(id)} as _id; it must be a string that is not empty`);
  }
  if (typeof title !== 'string') throw damaged(where, `has ${show(title)} as title; it must be a string`);
  if (typeof text !== 'string') throw damaged(where, `has ${show(text)} as text; it must be a string`);
  return { id: String(id), title, text };
}

function parse(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw damaged(where, `is not valid JSON: ${why}`);
  }
}
