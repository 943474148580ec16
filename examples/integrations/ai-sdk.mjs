// The AI SDK's `rerank` on a model in this process. Needs Node 22 and `npm install ai` (7; for 6 see docs/integrations.md).
import { readFileSync } from 'node:fs';
import { rerank } from 'ai';
import { Reranker } from 'rerankit';
import { createRerankit } from 'rerankit/ai-sdk';

const corpus = JSON.parse(readFileSync(new URL('../corpus.json', import.meta.url), 'utf8'));

const reranker = await Reranker.load();
const rerankit = createRerankit({ small: reranker }, { text: ({ title, text }) => `${title}\n${text}` });

const { ranking, providerMetadata } = await rerank({
  model: rerankit.rerankingModel('small'),
  query: 'EADDRINUSE port 3000 is already in use',
  documents: corpus,
  topN: 3,
  providerOptions: {
    rerankit: { instruction: 'Given an error message, retrieve the passage that tells how to fix it' },
  },
  abortSignal: AbortSignal.timeout(60_000),
});
for (const { score, document } of ranking) console.log(score.toFixed(3), document.title);
console.log(providerMetadata);
await reranker.dispose();
