import { RerankitError } from '../errors.ts';
import type { Reranker } from '../reranker.ts';
import type { Pair, RerankObjectsOptions, RerankOptions, ScoreOptions, ScoreResponse } from '../types.ts';
import { Told } from './test-engine.ts';
import type { TestCall } from './types.ts';

type Call = { -readonly [Name in keyof TestCall]: TestCall[Name] };

/** The calls of a reranker with a record kept of each. What is given may be anything: the reranker checks it. */
export function recorded(
  reranker: Reranker,
  calls: TestCall[],
  instruction: string | undefined,
): Pick<Reranker, 'rerank' | 'score'> {
  const rerank = reranker.rerank.bind(reranker);
  const score = reranker.score.bind(reranker);
  const start = (
    parts: Pick<TestCall, 'method' | 'query' | 'documents' | 'pairs' | 'instruction'>,
    options: object,
  ) => {
    const call: Call = { ...parts, options: { ...options }, state: 'pending', result: undefined, error: undefined };
    calls.push(call);
    return call;
  };
  return {
    rerank: <D>(query: string, documents: readonly D[], options?: RerankOptions<D>) => {
      const own = options?.instruction ?? instruction;
      const parts = {
        method: 'rerank',
        query,
        documents: copyOf(documents),
        pairs: undefined,
        instruction: own,
      } as const;
      const call = start(parts, options ?? {});
      // The reranker sees to it that documents are strings where no text is named.
      return watched(rerank(query, documents, options as RerankObjectsOptions<D>), call);
    },
    score: (pairs: readonly Pair[], options?: ScoreOptions): Promise<ScoreResponse> => {
      const own = copyOf(pairs);
      const documents = own.map((pair) => pair?.document);
      const parts = { method: 'score', query: undefined, documents, pairs: own, instruction } as const;
      const call = start(parts, options ?? {});
      return watched(score(pairs, options), call);
    },
  };
}

async function watched<Result extends NonNullable<TestCall['result']>>(
  work: Promise<Result>,
  call: Call,
): Promise<Result> {
  try {
    const result = await work;
    call.result = result;
    call.state = 'resolved';
    return result;
  } catch (error) {
    call.error = RerankitError.isInstance(error) && error.cause instanceof Told ? error.cause.error : error;
    call.state = 'rejected';
    throw call.error;
  }
}

function copyOf<Item>(list: readonly Item[]): readonly Item[] {
  return Array.isArray(list) ? [...list] : [];
}
