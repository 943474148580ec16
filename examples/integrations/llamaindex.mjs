// A node postprocessor of LlamaIndex. Needs `npm install @llamaindex/core`.
import { readFileSync } from 'node:fs';
import { MetadataMode, TextNode } from '@llamaindex/core/schema';
import { Reranker } from 'rerankit';
import { nodePostprocessor } from 'rerankit/llamaindex';

const corpus = JSON.parse(readFileSync(new URL('../corpus.json', import.meta.url), 'utf8'));
// What a retriever found, in place of one.
const nodes = corpus.map(({ title, text }) => ({ node: new TextNode({ text, metadata: { title } }), score: 0.5 }));

const reranker = await Reranker.load();
// Given to a query engine, it is called with what the retriever found; here it is called by hand.
const postprocessor = nodePostprocessor(reranker, { topN: 3, text: (node) => node.getContent(MetadataMode.ALL) });
for (const { node, score } of await postprocessor.postprocessNodes(
  nodes,
  'What is the difference between HTTP 401 and 403?',
)) {
  console.log(score.toFixed(3), node.metadata.title);
}
await reranker.dispose();
