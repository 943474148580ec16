import { extname } from 'node:path';
import { RerankitError, show } from '../errors.ts';
import { rankedIds } from './order.ts';
import { damaged, recordLines } from './text-lines.ts';
import type { Qrels, Run } from './types.ts';
import { writeFileAtomically } from './write-file.ts';

/** How to read a file. */
export interface ReadFileOptions {
  /** Gives up: rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** ASCII white space: ids may hold any other. */
const SPACES = /[ \t\v\f\r]+/;
/** Longer ones are no numbers of anybody. */
const MAX_DIGITS = 40;

/**
 * Reads judgements: TREC's qrels (`query iteration document grade`), or, if the name ends in `.tsv`, BEIR's
 * (`query-id corpus-id score`, with tabs). Rejects with `FILE_FAILED`, or with `INVALID_INPUT`, which names the line.
 */
export async function readQrels(path: string, { signal }: ReadFileOptions = {}): Promise<Qrels> {
  const qrels = new Map<string, Map<string, number>>();
  const isTsv = extname(path).toLowerCase() === '.tsv';
  let first = true;
  for await (const { text, where } of recordLines(path, signal)) {
    const fields = isTsv ? text.split('\t') : text.trim().split(SPACES);
    if (fields.length !== (isTsv ? 3 : 4)) {
      const form = isTsv
        ? 'three with tabs between them: query-id, corpus-id, score'
        : 'four: query, iteration, document, grade';
      throw damaged(where, `has ${fields.length} fields; a line of judgements has ${form}`);
    }
    const [query = '', document = '', digits = ''] = isTsv ? fields : [fields[0], fields[2], fields[3]];
    const grade = integerOf(digits);
    const isHeader = first && isTsv && grade === undefined;
    first = false;
    if (isHeader) continue;
    if (grade === undefined) throw damaged(where, `has the grade ${show(digits)}; it must be an integer`);
    const grades = entryOf(qrels, query);
    const known = grades.get(document);
    if (known !== undefined && known !== grade) {
      throw damaged(where, `grades ${show(document)} for ${show(query)} ${grade}, a line before ${known}`);
    }
    grades.set(document, grade);
  }
  return qrels;
}

/**
 * Reads a run in TREC's form: `query Q0 document rank score tag`. Scores order documents, ranks do not count, as in trec_eval.
 * Rejects with `FILE_FAILED`, or with `INVALID_INPUT`, which names the line.
 */
export async function readRun(path: string, { signal }: ReadFileOptions = {}): Promise<Run> {
  const run = new Map<string, Map<string, number>>();
  for await (const { text, where } of recordLines(path, signal)) {
    const fields = text.trim().split(SPACES);
    const [query = '', , document = '', , digits = ''] = fields;
    if (fields.length !== 6) {
      throw damaged(where, `has ${fields.length} fields; a line of a run has six: query Q0 document rank score tag`);
    }
    const score = numberOf(digits);
    if (score === undefined) throw damaged(where, `has the score ${show(digits)}; it must be a finite number`);
    const scores = entryOf(run, query);
    if (scores.has(document)) throw damaged(where, `has ${show(document)} for ${show(query)} a second time`);
    scores.set(document, score);
  }
  return run;
}

/**
 * Writes judgements as {@link readQrels} reads them, whole or not at all. Rejects with `FILE_FAILED`, or with `INVALID_INPUT`
 * for ids that the form cannot hold.
 */
export async function writeQrels(path: string, qrels: Qrels): Promise<void> {
  const isTsv = extname(path).toLowerCase() === '.tsv';
  const check = isTsv ? withoutTabs : withoutSpaces;
  await writeFileAtomically(
    path,
    (function* () {
      if (isTsv) yield 'query-id\tcorpus-id\tscore\n';
      for (const [query, grades] of qrels) {
        for (const [document, grade] of grades) {
          const [a, b] = [check(query), check(document)];
          yield isTsv ? `${a}\t${b}\t${grade}\n` : `${a} 0 ${b} ${grade}\n`;
        }
      }
    })(),
  );
}

/**
 * Writes a run in TREC's form, whole or not at all. Rejects with `FILE_FAILED`, or with `INVALID_INPUT` for ids with white
 * space.
 * @param tag the name of the system, without white space
 */
export async function writeRun(path: string, run: Run, tag = 'rerankit'): Promise<void> {
  const name = withoutSpaces(tag);
  await writeFileAtomically(
    path,
    (function* () {
      for (const [query, scores] of run) {
        for (const [at, id] of rankedIds(scores).entries()) {
          yield `${withoutSpaces(query)} Q0 ${withoutSpaces(id)} ${at + 1} ${scores.get(id)} ${name}\n`;
        }
      }
    })(),
  );
}

function entryOf(map: Map<string, Map<string, number>>, key: string): Map<string, number> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const entry = new Map<string, number>();
  map.set(key, entry);
  return entry;
}

function integerOf(digits: string): number | undefined {
  const text = digits.trim();
  const value = text.length <= MAX_DIGITS && /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function numberOf(digits: string): number | undefined {
  const value = digits.length <= MAX_DIGITS && /^[-+.\de]+$/i.test(digits) ? Number(digits) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

function withoutSpaces(id: string): string {
  if (id !== '' && !/[\s\0]/.test(id)) return id;
  throw new RerankitError(
    'INVALID_INPUT',
    `The id ${show(id)} cannot be written: TREC's form has no ids with white space.`,
  );
}

function withoutTabs(id: string): string {
  if (id !== '' && !/[\t\r\n]/.test(id)) return id;
  throw new RerankitError(
    'INVALID_INPUT',
    `The id ${show(id)} cannot be written: it is empty, or has tabs or line ends.`,
  );
}
