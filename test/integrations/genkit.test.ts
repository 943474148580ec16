import { expect, test } from 'vitest';
import { rerankerFn } from '../../src/integrations/genkit.ts';
import { deepFreeze, fakeRanker } from './fake-ranker.ts';

const document = (text: string, metadata?: Record<string, unknown>) => ({ text, content: [{ text }], metadata });

test('gives contents with metadata and score, best first', async () => {
  const documents = deepFreeze([document('a', { page: 1 }), document('ab')]);
  const answer = await rerankerFn(fakeRanker())(document('ab'), documents);
  expect(answer).toEqual({
    documents: [
      { content: [{ text: 'ab' }], metadata: { score: 1 } },
      { content: [{ text: 'a' }], metadata: { page: 1, score: 0.5 } },
    ],
  });
});

test("a call's options come before those of the action", async () => {
  const ranker = fakeRanker();
  const rerank = rerankerFn(ranker, { topN: 2, instruction: 'own', text: ({ metadata }) => `${metadata?.['title']}` });
  const documents = ['T', 'U', 'V'].map((title) => document('a', { title }));
  expect((await rerank(document('a'), documents)).documents).toHaveLength(2);
  expect((await rerank(document('a'), documents, { k: 1, instruction: 'call' })).documents).toHaveLength(1);
  expect(ranker.calls).toEqual([
    { query: 'a', texts: ['T', 'U', 'V'], options: { topN: 2, instruction: 'own' } },
    { query: 'a', texts: ['T', 'U', 'V'], options: { topN: 1, instruction: 'call' } },
  ]);
});

test('refuses wrong options, of the action and of a call', async () => {
  // @ts-expect-error: no such option
  expect(() => rerankerFn(fakeRanker(), { k: 1 })).toThrow('rerankerFn has no option "k"');
  const rerank = rerankerFn(fakeRanker());
  for (const options of [{ k: 0 }, { k: 1.5 }, { topN: 1 }, { instruction: 1 }]) {
    // @ts-expect-error: wrong
    await expect(rerank(document('a'), [], options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  }
});
