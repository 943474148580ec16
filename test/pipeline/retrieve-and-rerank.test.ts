import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { RerankitError } from '../../src/errors.ts';
import { retrieveAndRerank, type SourceContext } from '../../src/pipeline/index.ts';
import { createTestReranker } from '../../src/testing/index.ts';

interface Passage {
  readonly id: string;
  readonly body: string;
}

const passages: Passage[] = ['bread needs salt', 'git revert undoes a commit', 'salt and bread', 'a cat sleeps'].map(
  (body, at) => ({ id: `p${at}`, body }),
);
const pick = (...places: number[]): Passage[] => places.map((at) => passages[at] ?? { id: '', body: '' });
const text = ({ body }: Passage): string => body;
const query = 'salt for bread';

describe('retrieveAndRerank', () => {
  test('reranks what one search gives, and returns the same objects', async () => {
    const rerank = createTestReranker();
    const seen: unknown[] = [];
    const { results, candidates, timings, failures, usage } = await retrieveAndRerank({
      query,
      candidates: (asked, { limit, signal }) => {
        seen.push(asked, limit, signal.aborted);
        return pick(3, 1, 0, 2);
      },
      rerank,
      text,
      topK: 3,
      topN: 2,
      instruction: 'Find it',
    });
    expect(seen).toEqual([query, 3, false]);
    expect(candidates.map(({ document }) => document)).toEqual(pick(3, 1, 0));
    expect(results[0]?.document).toBe(passages[0]);
    expect(results).toHaveLength(2);
    expect(results[0]).toMatchObject({ index: 2, ranks: { candidates: 3 } });
    expectTypeOf(results[0]?.document).toEqualTypeOf<Passage | undefined>();
    expect(rerank.calls[0]).toMatchObject({ instruction: 'Find it' });
    expect([failures, usage]).toEqual([[], expect.anything()]);
    expect(timings.total).toBeCloseTo(timings.retrieve + timings.rerank, 6);
    expect(timings.sources['candidates']).toBeLessThanOrEqual(timings.retrieve);
  });

  test('fuses several searches, which run at the same time, each candidate once', async () => {
    const order: string[] = [];
    const source = (name: string, found: readonly Passage[]) => async () => {
      order.push(`${name} begins`);
      await delay(5);
      order.push(`${name} ends`);
      return found;
    };
    // Other objects with the same ids, as another store would give.
    const copies = pick(2, 0).map((passage) => ({ ...passage }));
    const { candidates, results } = await retrieveAndRerank({
      query,
      candidates: { keywords: source('a', pick(0, 1)), vectors: source('b', copies), ['__proto__']: source('c', []) },
      rerank: createTestReranker(),
      text,
    });
    expect(order.slice(0, 2)).toEqual(['a begins', 'b begins']);
    expect(candidates.map(({ document }) => document.id)).toEqual(['p0', 'p2', 'p1']);
    expect(candidates[0]?.document).toBe(passages[0]);
    expect(candidates.map(({ ranks }) => ranks)).toEqual([
      { keywords: 1, vectors: 2 },
      { vectors: 1 },
      { keywords: 2 },
    ]);
    expect(results).toHaveLength(3);
  });

  test('weights count sources', async () => {
    const { candidates } = await retrieveAndRerank({
      query,
      candidates: { a: () => ['x'], b: () => ['y'] },
      weights: { b: 2 },
      rerank: createTestReranker(),
    });
    expect(candidates.map(({ document }) => document)).toEqual(['y', 'x']);
  });

  test('takes a function as reranker, and an endless source', async () => {
    const reranker = createTestReranker();
    const { results } = await retrieveAndRerank({
      query,
      candidates: function* () {
        for (let at = 0; ; at++) yield `bread ${at}`;
      },
      rerank: (asked, documents, options) => reranker.rerank(asked, documents, { ...options, minScore: 0 }),
      topK: 7,
    });
    expect(results).toHaveLength(7);
  });

  test('hands on how to rank', async () => {
    const how = { instruction: 'Find it', minScore: 0.1, priority: 2, longDocuments: { window: 64 }, topN: 3 };
    let seen: unknown;
    const rerank = async (_query: string, _documents: readonly string[], options: object) => {
      seen = options;
      return { results: [] };
    };
    await retrieveAndRerank({ query, candidates: () => ['bread'], rerank, ...how });
    expect(seen).toMatchObject(how);
  });

  test('nothing found is no failure', async () => {
    const { results, candidates } = await retrieveAndRerank({
      query,
      candidates: () => [],
      rerank: createTestReranker(),
    });
    expect([results, candidates]).toEqual([[], []]);
  });
});

describe('a source that fails', () => {
  const broken = (): never => {
    throw new TypeError('no connection');
  };

  test('rejects the call, names itself, and stops the others', async () => {
    let others: SourceContext | undefined;
    const call = retrieveAndRerank({
      query,
      candidates: {
        vectors: broken,
        keywords: (_, context) => {
          others = context;
          return new Promise<string[]>(() => {});
        },
      },
      rerank: createTestReranker(),
    });
    await expect(call).rejects.toMatchObject({
      code: 'RETRIEVAL_FAILED',
      message: 'The source "vectors" failed: no connection',
      cause: expect.any(TypeError),
    });
    expect(others?.signal.aborted).toBe(true);
  });

  test('is passed over and told of, if that is wished', async () => {
    const options = { query, rerank: createTestReranker(), onSourceError: 'skip' } as const;
    const { results, failures, timings } = await retrieveAndRerank({
      ...options,
      candidates: { vectors: broken, keywords: () => ['bread'] },
    });
    expect(results.map(({ document, ranks }) => [document, ranks])).toEqual([['bread', { keywords: 1 }]]);
    expect(failures).toEqual([{ source: 'vectors', error: expect.any(TypeError) }]);
    expect(Object.keys(timings.sources)).toEqual(['keywords']);
    await expect(retrieveAndRerank<string>({ ...options, candidates: { a: broken, b: broken } })).rejects.toMatchObject(
      {
        code: 'RETRIEVAL_FAILED',
        message: 'All sources failed: "a" (no connection), "b" (no connection)',
        cause: expect.any(AggregateError),
      },
    );
  });

  test.each([[undefined], ['text'], [5], [{ length: 2 }]])('gives %j, which is no list', async (given) => {
    const candidates = () => given as unknown as string[];
    await expect(retrieveAndRerank({ query, candidates, rerank: createTestReranker() })).rejects.toMatchObject({
      code: 'RETRIEVAL_FAILED',
      message: expect.stringMatching(/"candidates" failed: It gave .* instead of an iterable/),
    });
  });
});

describe('an aborted call', () => {
  test.each(['sources', 'reranker'] as const)('rejects with its reason while the %s work', async (stage) => {
    const controller = new AbortController();
    const rerank = createTestReranker();
    rerank.hang();
    const reason = new Error('enough');
    const call = retrieveAndRerank({
      query,
      // Deaf to the signal.
      candidates: stage === 'sources' ? () => new Promise<string[]>(() => {}) : () => ['bread'],
      rerank,
      onSourceError: 'skip',
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
  });

  test('asks nobody if it was aborted before', async () => {
    const reason = new Error('before');
    let asked = false;
    const candidates = (): string[] => {
      asked = true;
      return [];
    };
    const signal = AbortSignal.abort(reason);
    await expect(retrieveAndRerank({ query, candidates, rerank: createTestReranker(), signal })).rejects.toBe(reason);
    expect(asked).toBe(false);
  });
});

describe('options', () => {
  const good = { query, candidates: () => ['bread'], rerank: createTestReranker() };
  test.each([
    [{ topk: 5 }, /no option "topk"/],
    [{ topK: 0 }, /option topK .* at least 1/],
    [{ candidates: {} }, /needs candidates/],
    [{ candidates: { a: 5 } }, /option candidates/],
    [{ candidates: undefined }, /needs candidates/],
    [{ rerank: undefined }, /needs rerank/],
    [{ rerank: Promise.resolve() }, /option rerank .* a loaded reranker/],
    [{ weights: { b: 1 } }, /names "b", which is no source/],
    [{ onSourceError: 'ignore' }, /one of 'throw', 'skip'/],
    [{ query: 5 }, /query must be a string/],
  ])('%j is refused', async (wrong, message) => {
    const call = retrieveAndRerank({ ...good, ...wrong } as typeof good);
    await expect(call).rejects.toSatisfy((error) => RerankitError.isInstance(error) && message.test(error.message));
  });

  test('candidates that are no strings need text', async () => {
    // @ts-expect-error: text is missing
    const call = retrieveAndRerank({ query, candidates: () => passages, rerank: createTestReranker() });
    await expect(call).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
