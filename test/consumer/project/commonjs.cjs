const assert = require('node:assert/strict');
const { dirname, join } = require('node:path');
const { Reranker, RerankitError } = require('rerankit');
const { createRerankit } = require('rerankit/ai-sdk');
const { Embedder } = require('rerankit/embedding');

(async () => {
  const reranker = await Reranker.load();
  const documents = [{ body: 'The sun is hot.' }, { body: 'csv.reader 逐行读取大型 CSV 文件，节省内存。' }];
  const { results } = await reranker.rerank('如何在 Python 中读取大型 CSV 文件？', documents, {
    text: (d) => d.body,
    topN: 1,
  });
  assert.equal(results[0].document, documents[1]);
  const provider = createRerankit({ small: reranker });
  const call = { query: 'csv', documents: { type: 'text', values: ['one', 'csv'] } };
  assert.equal((await provider.rerankingModel('small').doRerank(call)).ranking.length, 2);
  assert.throws(
    () => provider.rerankingModel('large'),
    (error) => RerankitError.isInstance(error, 'MODEL_NOT_FOUND'),
  );
  const folder = join(dirname(require.resolve('rerankit/package.json')), 'models', 'default');
  const embedder = await Embedder.load(folder, { pooling: 'last-token' });
  assert.equal((await embedder.embedQuery('csv')).embedding.length, embedder.info.dimensions);
  await embedder.dispose();
  await reranker.dispose();
  console.log('ranked');
})();
