import assert from 'node:assert/strict';
import type { RelevanceScoreProvider } from '@mastra/core/relevance';
import { createVectorQueryTool, rerankWithScorer } from '@mastra/rag';
import { Reranker } from 'rerankit';
import { type Ranker, relevanceScoreProvider } from 'rerankit/mastra';

const query = 'how to undo the last git commit';
const right = 'git reset --soft HEAD~1 undoes the last commit and keeps the changes staged.';
const texts = ['To bake bread, preheat the oven.', right, 'A cat sleeps for most of the day.'];
const results = texts.map((text, index) => ({ id: `r${index}`, score: 0.5, metadata: { text } }));

const reranker = await Reranker.load();
const calls: number[] = [];
const counted: Ranker = {
  rerank(query, documents, options) {
    calls.push(documents.length);
    return reranker.rerank(query, documents, options);
  },
};
const scorer: RelevanceScoreProvider = relevanceScoreProvider(counted);

const weights = { semantic: 1, vector: 0, position: 0 };
const ranked = await rerankWithScorer({ results, query, scorer, options: { topK: 3, weights } });
const own = await reranker.rerank(query, texts);
assert.deepEqual(
  ranked.map(({ result }) => result.id),
  own.results.map(({ index }) => `r${index}`),
);
for (const [at, { score }] of ranked.entries()) {
  assert.ok(Math.abs(score - (own.results[at]?.score ?? Number.NaN)) < 1e-4);
}
// Asked for three documents one by one, it ranked them in one call.
assert.deepEqual(calls, [3]);

// The configuration of the vector query tool takes it too.
createVectorQueryTool({
  vectorStoreName: 'none',
  indexName: 'none',
  model: {} as never,
  reranker: { model: scorer, options: { topK: 3, weights } },
});

await reranker.dispose();
console.log('ranked');
