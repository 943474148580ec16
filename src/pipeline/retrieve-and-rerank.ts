import { RerankitError, show } from '../errors.ts';
import { checkQuery } from '../input.ts';
import {
  callback,
  finite,
  fraction,
  integer,
  type Kind,
  oneOf,
  type Rules,
  read,
  signal,
  string,
} from '../option-rules.ts';
import { reciprocalRankFusion } from './fusion.ts';
import { runSources } from './run-sources.ts';
import type {
  Candidate,
  CandidateSource,
  RerankFunction,
  RetrieveObjectsOptions,
  RetrieveOptions,
  RetrieveResponse,
} from './types.ts';

/** The name of a search that has none. */
const ONLY_SOURCE = 'candidates';
const DEFAULT_TOP_K = 50;

/** What the reranker, or a check of its own, looks at. */
const anything: Kind = { expected: 'a value', accepts: () => true };

const RULES: Rules<RetrieveOptions<never>> = {
  query: anything,
  candidates: { expected: 'a function, or an object of functions by their names', accepts: isSources },
  rerank: { expected: 'a loaded reranker, or a function', accepts: canRerank },
  topK: integer(1),
  topN: integer(1),
  text: callback,
  id: callback,
  weights: { expected: 'an object of finite numbers, at least 0', accepts: isWeights },
  k: integer(0),
  onSourceError: oneOf(['throw', 'skip']),
  instruction: string,
  minScore: fraction,
  longDocuments: anything,
  priority: finite,
  signal,
};

/**
 * Retrieval in two stages: asks one search or several for candidates, fuses their rankings, and reranks the best `topK`.
 * Candidates are anything at all; they come back as they are.
 *
 * ```ts
 * const { results, timings } = await retrieveAndRerank({
 *   query,
 *   candidates: { keywords: (query, { limit }) => bm25(query, limit), vectors: (query, { limit }) => nearest(query, limit) },
 *   rerank: reranker,
 *   text: ({ title, text }) => `${title}\n${text}`,
 *   topK: 50,
 *   topN: 5,
 * });
 * ```
 *
 * Rejects with `RETRIEVAL_FAILED`, which names the source and has its error as `cause`; with `INVALID_OPTION` or
 * `INVALID_INPUT`; as the reranker does; or with the reason of an aborted `signal`.
 */
export function retrieveAndRerank<C>(options: RetrieveObjectsOptions<C>): Promise<RetrieveResponse<C>>;
export function retrieveAndRerank<C extends string>(options: RetrieveOptions<C>): Promise<RetrieveResponse<C>>;
export async function retrieveAndRerank<C>(options: RetrieveOptions<C>): Promise<RetrieveResponse<C>> {
  const start = performance.now();
  const own = read<RetrieveOptions<C>>('retrieveAndRerank', RULES, options);
  const { query, topK = DEFAULT_TOP_K, onSourceError = 'throw', signal } = own;
  checkQuery(query);
  const sources = sourcesOf(own);
  const rerank = rerankFunction(own.rerank);
  signal?.throwIfAborted();

  const { rankings, failures } = await runSources(sources, { query, limit: topK, signal, onSourceError });
  const candidates = fuse(rankings, own).slice(0, topK);
  const retrieved = performance.now();

  const documents = candidates.map(({ document }) => document);
  const { results, usage } = await rerank(query, documents, rerankOptions(own));
  const end = performance.now();
  return {
    results: results.map((result) => ({ ...result, ranks: ranksAt(candidates, result.index) })),
    candidates,
    failures: [...failures],
    timings: {
      sources: Object.fromEntries(rankings.map(({ source, milliseconds }) => [source, milliseconds])),
      retrieve: retrieved - start,
      rerank: end - retrieved,
      total: end - start,
    },
    usage,
  };
}

function sourcesOf<C>({ candidates, weights = {} }: RetrieveOptions<C>): [string, CandidateSource<C>][] {
  const sources: [string, CandidateSource<C>][] =
    typeof candidates === 'function' ? [[ONLY_SOURCE, candidates]] : Object.entries(candidates ?? {});
  if (sources.length === 0) {
    throw new RerankitError('INVALID_OPTION', 'retrieveAndRerank needs candidates: a search, or several by name.');
  }
  const unknown = Object.keys(weights).find((name) => !sources.some(([source]) => source === name));
  if (unknown !== undefined) {
    const names = sources.map(([source]) => source).join(', ');
    throw new RerankitError(
      'INVALID_OPTION',
      `The option weights of retrieveAndRerank names ${show(unknown)}, which is no source; the sources are ${names}.`,
    );
  }
  return sources;
}

function fuse<C>(
  rankings: readonly { readonly source: string; readonly candidates: readonly C[] }[],
  { id, k, weights = {} }: RetrieveOptions<C>,
): Candidate<C>[] {
  const lists = rankings.map(({ candidates }) => candidates);
  const weightOf = (source: string): number => (Object.hasOwn(weights, source) ? weights[source] : undefined) ?? 1;
  const fused = reciprocalRankFusion(lists, { id, k, weights: rankings.map(({ source }) => weightOf(source)) });
  return fused.map(({ candidate, score, ranks }) => ({
    document: candidate,
    score,
    ranks: Object.fromEntries(
      rankings.flatMap(({ source }, at) => (ranks[at] === undefined ? [] : [[source, ranks[at]]])),
    ),
  }));
}

function rerankFunction<C>(rerank: RetrieveOptions<C>['rerank'] | undefined): RerankFunction<C> {
  if (rerank === undefined) {
    throw new RerankitError('INVALID_OPTION', 'retrieveAndRerank needs rerank: a loaded reranker, or a function.');
  }
  return typeof rerank === 'function'
    ? rerank
    : (query, candidates, options) => rerank.rerank(query, candidates, options);
}

function rerankOptions<C>({ topN, instruction, minScore, longDocuments, priority, signal, text }: RetrieveOptions<C>) {
  // Without the option they are strings, says the type; the reranker refuses others.
  const textOf = text ?? ((candidate: C) => candidate as string);
  const how = { topN, instruction, minScore, longDocuments, priority, signal };
  return { ...how, text: (candidate: C) => textOf(candidate) };
}

/** Of a result whose reranker numbers it wrongly nothing is known. */
function ranksAt<C>(candidates: readonly Candidate<C>[], index: number): Candidate<C>['ranks'] {
  return candidates[index]?.ranks ?? {};
}

function isSources(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && Object.values(value).every(callback.accepts);
}

function canRerank(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && 'rerank' in value && callback.accepts(value.rerank);
}

function isWeights(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((weight) => finite.accepts(weight) && weight >= 0);
}
