const { RerankitError, Reranker } = require('rerankit');
const { createTestReranker } = require('rerankit/testing');

test('in CommonJS: the class, its errors, and its checks, in the realm of the test runner', async () => {
  const reranker = createTestReranker();
  expect(reranker).toBeInstanceOf(Reranker);
  const { results } = await reranker.rerank('tea', ['bread', 'tea'], { signal: new AbortController().signal, topN: 1 });
  expect(results).toEqual([{ index: 1, document: 'tea', logit: 4, score: expect.closeTo(0.982, 3), truncated: false }]);
  reranker.fail('QUEUE_FULL', { times: 1 });
  const error = await reranker.rerank('tea', ['tea']).catch((error) => error);
  expect(error).toBeInstanceOf(RerankitError);
  expect(RerankitError.isInstance(error, 'QUEUE_FULL')).toBe(true);
  const mine = new TypeError('mine');
  reranker.fail(mine);
  await expect(reranker.rerank('tea', ['tea'])).rejects.toBe(mine);
});
