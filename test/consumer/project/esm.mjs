import assert from 'node:assert/strict';
import { Reranker, RerankitError } from 'rerankit';
import { documentCompressor } from 'rerankit/langchain';

const reranker = await Reranker.load();
const documents = [
  'To bake bread, preheat the oven.',
  'git reset --soft HEAD~1 undoes the last commit and keeps the changes staged.',
];
const { results, usage } = await reranker.rerank('how to undo the last git commit', documents);
assert.equal(results[0].document, documents[1]);
assert.equal(usage.promptTokens, usage.computedTokens + usage.savedTokens);
await assert.rejects(reranker.rerank('query', [1]), (error) => RerankitError.isInstance(error, 'INVALID_INPUT'));
const compressor = documentCompressor(reranker, { topN: 1 });
const pages = documents.map((pageContent) => ({ pageContent, metadata: {} }));
assert.equal(
  (await compressor.compressDocuments(pages, 'how to undo the last git commit'))[0].pageContent,
  documents[1],
);
await reranker.dispose();
console.log('ranked');
