import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Document, type DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { BaseRetriever } from '@langchain/core/retrievers';
import { BaseDocumentCompressor } from '@langchain/core/retrievers/document_compressors';
import { Reranker } from 'rerankit';
import { Embedder } from 'rerankit/embedding';
import { documentCompressor, embeddings } from 'rerankit/langchain';
import { ContextualCompressionRetriever, DocumentCompressorPipeline, MemoryVectorStore } from './framework.js';

const query = 'how to undo the last git commit';
const right = 'git reset --soft HEAD~1 undoes the last commit and keeps the changes staged.';
const documents = ['To bake bread, preheat the oven.', right, 'A cat sleeps for most of the day.'].map(
  (pageContent, page) => new Document({ pageContent, metadata: { page, title: `Page ${page}` }, id: `d${page}` }),
);
const before = structuredClone(documents);

class Fixed extends BaseRetriever {
  lc_namespace = ['check'];
  override async _getRelevantDocuments(): Promise<DocumentInterface[]> {
    return documents;
  }
}

const reranker = await Reranker.load();
const own = await reranker.rerank(query, documents, { text: ({ pageContent }) => pageContent });

// The types accept it, and so does LangChain's own test.
const compressor: BaseDocumentCompressor = documentCompressor(reranker, { topN: 2 });
assert.ok(BaseDocumentCompressor.isBaseDocumentCompressor(compressor));

const ended: number[] = [];
const retriever = new ContextualCompressionRetriever({ baseCompressor: compressor, baseRetriever: new Fixed() });
const found = await retriever.invoke(query, {
  callbacks: [{ handleRetrieverEnd: (results) => void ended.push(results.length) }],
});
assert.deepEqual(ended.sort(), [2, 3]);
assert.deepEqual(
  found.map(({ id }) => id),
  own.results.slice(0, 2).map(({ document }) => document.id),
);
const [best] = found;
assert.ok(best instanceof Document);
assert.equal(best.pageContent, right);
assert.equal(best.metadata['title'], 'Page 1');
assert.ok(Math.abs(best.metadata['relevanceScore'] - (own.results[0]?.score ?? Number.NaN)) < 1e-4);
assert.deepEqual(structuredClone(documents), before);
assert.notEqual(best, documents[1]);

// As one step of a pipeline, with a threshold, and with a text of one's own.
const text = ({ metadata, pageContent }: Document<{ title: string }>) => `${metadata.title}\n${pageContent}`;
const pipeline = new DocumentCompressorPipeline({
  transformers: [documentCompressor(reranker, { topN: 2, text }), documentCompressor(reranker, { minScore: 1 })],
});
assert.deepEqual(await pipeline.compressDocuments(documents, query), []);

// As the embeddings of a vector store.
const folder = fileURLToPath(new URL('./models/default', import.meta.resolve('rerankit/package.json')));
const embedder = await Embedder.load(folder, { pooling: 'last-token' });
const vectors: EmbeddingsInterface = embeddings(embedder, { dimensions: 128 });
const store = await MemoryVectorStore.fromDocuments(documents, vectors);
const near = await store.similaritySearchWithScore(query, 3);
assert.equal(near.length, 3);
const asked = await embedder.embedQuery(query, { dimensions: 128 });
const stored = await embedder.embedDocuments(documents, { dimensions: 128, text: ({ pageContent }) => pageContent });
for (const [{ id }, score] of near) {
  const own = stored.embeddings[documents.findIndex((document) => document.id === id)];
  const cosine = own?.reduce((sum, value, at) => sum + value * (asked.embedding[at] ?? 0), 0) ?? Number.NaN;
  assert.ok(Math.abs(score - cosine) < 1e-4);
}
await embedder.dispose();

await reranker.dispose();
console.log('ranked');
