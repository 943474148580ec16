import fc from 'fast-check';
import { expect, test } from 'vitest';
import { relevanceScoreProvider } from '../../src/integrations/mastra.ts';
import { fakeRanker, scoreOf } from './fake-ranker.ts';

test('what one turn of the event loop asks about a query is one call', async () => {
  const ranker = fakeRanker();
  const provider = relevanceScoreProvider(ranker, { instruction: 'Find it', priority: 1 });
  const asked = ['a', 'ab', 'x', 'ab'].map(async (document) => {
    await Promise.resolve(); // Some callers look something up first.
    return provider.getRelevanceScore('ab', document);
  });
  const other = provider.getRelevanceScore('x', 'x');
  expect(await Promise.all(asked)).toEqual([0.5, 1, 0, 1]);
  expect(await other).toBe(1);
  const options = { instruction: 'Find it', priority: 1 };
  expect(ranker.calls).toHaveLength(2);
  expect(ranker.calls).toContainEqual({ query: 'ab', texts: ['a', 'ab', 'x', 'ab'], options });
  expect(ranker.calls).toContainEqual({ query: 'x', texts: ['x'], options });
});

test('later turns make calls of their own', async () => {
  const ranker = fakeRanker();
  const provider = relevanceScoreProvider(ranker);
  await provider.getRelevanceScore('a', 'a');
  await provider.getRelevanceScore('a', 'b');
  expect(ranker.calls.map(({ texts }) => texts)).toEqual([['a'], ['b']]);
});

test('each gets the score of its own document, whatever is asked together', async () => {
  const pair = fc.record({ query: fc.constantFrom('ab', 'bc', ''), document: fc.string({ maxLength: 5 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 30 }), async (pairs) => {
      const ranker = fakeRanker();
      const provider = relevanceScoreProvider(ranker);
      const scores = await Promise.all(pairs.map(({ query, document }) => provider.getRelevanceScore(query, document)));
      expect(scores).toEqual(pairs.map(({ query, document }) => scoreOf(query, document)));
      expect(ranker.calls).toHaveLength(new Set(pairs.map(({ query }) => query)).size);
    }),
    { numRuns: 30 },
  );
});

test('a wrong call fails alone; a failed run fails those in it, and not the next', async () => {
  const ranker = fakeRanker();
  let broken = false;
  const provider = relevanceScoreProvider({
    rerank: (...call) => {
      if (broken) throw new Error('broken');
      return ranker.rerank(...call);
    },
  });
  // @ts-expect-error: no text
  const wrong = provider.getRelevanceScore('a', 1);
  const right = provider.getRelevanceScore('a', 'a');
  await expect(wrong).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(right).resolves.toBe(1);
  broken = true;
  const failed = await Promise.allSettled([provider.getRelevanceScore('a', 'a'), provider.getRelevanceScore('a', 'b')]);
  expect(failed).toMatchObject([{ reason: { message: 'broken' } }, { reason: { message: 'broken' } }]);
  broken = false;
  await expect(provider.getRelevanceScore('a', 'a')).resolves.toBe(1);
});

test('a reranker that leaves a document out does not leave its caller waiting', async () => {
  const provider = relevanceScoreProvider({ rerank: async () => ({ results: [] }) });
  await expect(provider.getRelevanceScore('a', 'a')).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});

test.each(['topN', 'minScore', 'text'])('refuses the option %s: every document has a score', (name) => {
  expect(() => relevanceScoreProvider(fakeRanker(), { [name]: 1 })).toThrow(`no option "${name}"`);
});
