import { RerankitError, show } from '../errors.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { CandidateSource, SourceContext, SourceFailure } from './types.ts';

/** What a source gave. */
export interface SourceRanking<C> {
  readonly source: string;
  readonly candidates: readonly C[];
  readonly milliseconds: number;
}

/** What the sources gave, in their order. */
export interface SourceRankings<C> {
  readonly rankings: readonly SourceRanking<C>[];
  readonly failures: readonly SourceFailure[];
}

/** How to run sources. */
export interface SourceRun {
  readonly query: string;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  readonly onSourceError: 'throw' | 'skip';
}

/**
 * Asks all sources at the same time. Rejects with `RETRIEVAL_FAILED` if one fails, or all, as `onSourceError` says; or with
 * the reason of the signal.
 */
export async function runSources<C>(
  sources: readonly (readonly [name: string, source: CandidateSource<C>])[],
  { query, limit, signal, onSourceError }: SourceRun,
): Promise<SourceRankings<C>> {
  const stop = new AbortController();
  const context = { limit, signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]) };
  const asked = sources.map(async ([source, search]): Promise<SourceRanking<C> | SourceFailure> => {
    const start = performance.now();
    try {
      const candidates = await unlessAborted(ask(search, query, context), context.signal);
      return { source, candidates, milliseconds: performance.now() - start };
    } catch (error) {
      signal?.throwIfAborted();
      if (onSourceError === 'throw') throw failed(source, error);
      return { source, error };
    }
  });
  try {
    const answers = await Promise.all(asked);
    const rankings = answers.filter((answer) => 'candidates' in answer);
    const failures = answers.filter((answer) => 'error' in answer);
    if (rankings.length === 0 && failures.length > 0) throw allFailed(failures);
    return { rankings, failures };
  } finally {
    // The others, if one has failed.
    stop.abort();
  }
}

/** As a promise even if the source throws at once. No more than `limit` are taken: an iterable may have no end. */
async function ask<C>(search: CandidateSource<C>, query: string, context: SourceContext): Promise<readonly C[]> {
  const given: unknown = await search(query, context);
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) {
    throw new RerankitError('INVALID_INPUT', `It gave ${show(given)} instead of an iterable of candidates.`);
  }
  const candidates: C[] = [];
  // Its elements are what the source says they are.
  for (const candidate of given as Iterable<C>) {
    if (candidates.push(candidate) === context.limit) break;
  }
  return candidates;
}

function failed(source: string, cause: unknown): RerankitError {
  return new RerankitError('RETRIEVAL_FAILED', `The source ${show(source)} failed: ${messageOf(cause)}`, { cause });
}

function allFailed(failures: readonly SourceFailure[]): RerankitError {
  const [first] = failures;
  if (first !== undefined && failures.length === 1) return failed(first.source, first.error);
  const reasons = failures.map(({ source, error }) => `${show(source)} (${messageOf(error)})`);
  const cause = new AggregateError(failures.map(({ error }) => error));
  return new RerankitError('RETRIEVAL_FAILED', `All sources failed: ${reasons.join(', ')}`, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : show(error);
}
