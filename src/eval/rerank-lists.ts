import { createHash } from 'node:crypto';
import { RerankitError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { callback, type Kind, type Rules, read, signal, string } from '../option-rules.ts';
import type { CanRerank, RerankFunction } from '../pipeline/index.ts';
import type { CandidateList } from './candidate-lists.ts';
import { fileError } from './file-error.ts';
import { Journal, type JournalEntry } from './journal.ts';
import type { DatasetDocument, Run } from './types.ts';

/** How to rerank candidate lists. */
export interface RerankListsOptions {
  /** What makes a document relevant, in a sentence. @default that of the reranker */
  readonly instruction?: string | undefined;
  /**
   * A file to which each query's result is added. If it holds some already, of the same lists and identity, the others are
   * computed and added.
   * @default none: what is interrupted is lost
   */
  readonly file?: string | undefined;
  /** What the scores depend on besides the lists, such as model and dtype: a file of another identity is refused. */
  readonly identity?: Readonly<Record<string, string>> | undefined;
  /** Told after each query. What it throws rejects the call; it is not awaited. */
  readonly onProgress?: ((progress: RerankListsProgress) => void) | undefined;
  /** Gives up, with its reason; what is in the file stays. */
  readonly signal?: AbortSignal | undefined;
}

/** How far it is. */
export interface RerankListsProgress {
  /** Queries that are done. */
  readonly done: number;
  /** Of these, queries that the file had. */
  readonly resumed: number;
  readonly total: number;
}

/** What a reranker made of candidate lists. */
export interface RerankedRun {
  /** Documents by their logits. */
  readonly run: Run;
  /** Time of each query's call, in milliseconds. */
  readonly milliseconds: ReadonlyMap<string, number>;
}

const identity: Kind = {
  expected: 'an object of strings',
  accepts: (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string'),
};

const RULES: Rules<RerankListsOptions> = {
  instruction: string,
  file: string,
  identity,
  onProgress: callback,
  signal,
};

/**
 * Reranks candidate lists, one query at a time, so that the time of each is its own. Rejects as the reranker does, with the
 * signal's reason, with `FILE_FAILED`, or with `INVALID_INPUT` if the file is damaged, of something else or in use.
 */
export async function rerankLists(
  lists: readonly CandidateList[],
  rerank: CanRerank | RerankFunction<DatasetDocument>,
  options: RerankListsOptions = {},
): Promise<RerankedRun> {
  const own = read('rerankLists', RULES, options);
  const { file } = own;
  if (file === undefined) return rerankAll(lists, rerank, own, undefined);
  let locked = false;
  const work = async (): Promise<RerankedRun> => {
    locked = true;
    const identity = { ...own.identity, instruction: own.instruction ?? '', candidates: fingerprint(lists) };
    await using journal = await Journal.open(file, identity);
    return await rerankAll(lists, rerank, own, journal);
  };
  const refuse = async (): Promise<never> => {
    throw new RerankitError('INVALID_INPUT', `Another process is adding to ${file}; if none is, remove ${file}.lock.`);
  };
  // What a process has left behind that was killed is nobody's any more.
  return withLock(`${file}.lock`, { signal: own.signal, waiting: refuse }, work).catch((error: unknown) => {
    throw locked ? error : fileError('write', file, error);
  });
}

async function rerankAll(
  lists: readonly CandidateList[],
  rerank: CanRerank | RerankFunction<DatasetDocument>,
  { instruction, signal, onProgress }: RerankListsOptions,
  journal: Journal | undefined,
): Promise<RerankedRun> {
  const ask: RerankFunction<DatasetDocument> =
    typeof rerank === 'function' ? rerank : (query, documents, how) => rerank.rerank(query, documents, how);
  const entries: JournalEntry[] = [];
  let resumed = 0;
  for (const { query, text, documents } of lists) {
    signal?.throwIfAborted();
    let entry = journal?.entries.get(query);
    if (entry === undefined) {
      const start = performance.now();
      const { results } = await ask(text, documents, { text: (document) => document.text, instruction, signal });
      const ms = performance.now() - start;
      entry = { query, ms, scores: results.map(({ document, logit }) => [document.id, logit] as const) };
      await journal?.add(entry);
    } else {
      resumed++;
    }
    entries.push(entry);
    onProgress?.({ done: entries.length, resumed, total: lists.length });
  }
  return {
    run: new Map(entries.map(({ query, scores }) => [query, new Map(scores)])),
    milliseconds: new Map(entries.map(({ query, ms }) => [query, ms])),
  };
}

/** Of all queries, ids and texts. */
function fingerprint(lists: readonly CandidateList[]): string {
  const hash = createHash('sha256');
  for (const { query, text, documents } of lists) {
    hash.update(JSON.stringify([query, text, ...documents.map((document) => [document.id, document.text])]));
  }
  return hash.digest('hex');
}
