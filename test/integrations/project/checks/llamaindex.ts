import assert from 'node:assert/strict';
import type { BaseNodePostprocessor } from '@llamaindex/core/postprocessor';
import { RetrieverQueryEngine } from '@llamaindex/core/query-engine';
import { BaseRetriever } from '@llamaindex/core/retriever';
import { type BaseNode, MetadataMode, type NodeWithScore, TextNode } from '@llamaindex/core/schema';
import { Reranker } from 'rerankit';
import { nodePostprocessor } from 'rerankit/llamaindex';

const query = 'how to undo the last git commit';
const right = 'git reset --soft HEAD~1 undoes the last commit and keeps the changes staged.';
const nodes: NodeWithScore[] = ['To bake bread, preheat the oven.', right, 'A cat sleeps for most of the day.'].map(
  (text, page) => ({ node: new TextNode({ text, metadata: { page } }), score: 0.5 }),
);

class Fixed extends BaseRetriever {
  // biome-ignore lint/complexity/noUselessConstructor: that of the base class is protected
  constructor() {
    super();
  }
  async _retrieve(): Promise<NodeWithScore[]> {
    return nodes;
  }
}

const reranker = await Reranker.load();
const own = await reranker.rerank(query, nodes, { text: ({ node }) => node.getContent(MetadataMode.NONE) });

const postprocessor: BaseNodePostprocessor = nodePostprocessor(reranker, { topN: 2 });
// Retrieval alone asks no language model, so there is no synthesizer.
const engine = new RetrieverQueryEngine(new Fixed(), {} as never, [postprocessor]);
const found = await engine.retrieve({ query: [{ type: 'text', text: query }] });
assert.equal(found.length, 2);
assert.equal(found[0]?.node, nodes[1]?.node);
assert.deepEqual(
  found.map(({ node }) => node),
  own.results.slice(0, 2).map(({ document }) => document.node),
);
assert.ok(Math.abs((found[0]?.score ?? 0) - (own.results[0]?.score ?? Number.NaN)) < 1e-4);
assert.ok(nodes.every(({ score }) => score === 0.5));

// A text of one's own: with metadata.
const withMetadata: BaseNodePostprocessor[] = [
  nodePostprocessor(reranker, { text: (node) => node.getContent(MetadataMode.ALL) }),
  nodePostprocessor(reranker, {
    text: (node: BaseNode) => `page: ${node.metadata['page']}\n\n${node.getContent(MetadataMode.NONE)}`,
  }),
];
for (const each of withMetadata) {
  const [first] = await each.postprocessNodes(nodes, query);
  assert.equal(first?.node, nodes[1]?.node);
  assert.notEqual(first?.score, found[0]?.score);
}

await assert.rejects(postprocessor.postprocessNodes(nodes), { code: 'INVALID_INPUT' });

await reranker.dispose();
console.log('ranked');
