// The relevance provider of Mastra's reranking. Needs Node 22.13 and `npm install @mastra/core @mastra/rag`.
import { readFileSync } from 'node:fs';
import { rerankWithScorer } from '@mastra/rag';
import { Reranker } from 'rerankit';
import { relevanceScoreProvider } from 'rerankit/mastra';

const corpus = JSON.parse(readFileSync(new URL('../corpus.json', import.meta.url), 'utf8'));
// What a vector store found, in place of one.
const found = corpus.map(({ id, title, text }) => ({ id, score: 0.5, metadata: { title, text } }));

const reranker = await Reranker.load();
// Mastra asks for each document by itself; they are ranked together.
const ranked = await rerankWithScorer({
  results: found,
  query: 'find duplicate rows in a SQL table',
  scorer: relevanceScoreProvider(reranker),
  options: { topK: 3, weights: { semantic: 0.8, vector: 0.2, position: 0 } },
});
for (const { score, details, result } of ranked) {
  console.log(score.toFixed(3), `(relevance ${details.semantic.toFixed(3)})`, result.metadata.title);
}
await reranker.dispose();
