// The second stage of a LangChain retriever. Needs `npm install @langchain/core @langchain/classic`.
import { readFileSync } from 'node:fs';
import { ContextualCompressionRetriever } from '@langchain/classic/retrievers/contextual_compression';
import { Document } from '@langchain/core/documents';
import { BaseRetriever } from '@langchain/core/retrievers';
import { Reranker } from 'rerankit';
import { documentCompressor } from 'rerankit/langchain';

const corpus = JSON.parse(readFileSync(new URL('../corpus.json', import.meta.url), 'utf8'));

// First stage, in place of a vector store: everything in English.
class English extends BaseRetriever {
  lc_namespace = ['example'];
  async _getRelevantDocuments() {
    return corpus
      .filter(({ language }) => language === 'en')
      .map(({ id, title, text }) => new Document({ id, pageContent: text, metadata: { title } }));
  }
}

const reranker = await Reranker.load();
const retriever = new ContextualCompressionRetriever({
  baseRetriever: new English(),
  baseCompressor: documentCompressor(reranker, {
    topN: 3,
    text: ({ metadata, pageContent }) => `${metadata.title}\n${pageContent}`,
  }),
});
for (const { metadata } of await retriever.invoke('how do I undo my last git commit')) {
  console.log(metadata.relevanceScore.toFixed(3), metadata.title);
}
await reranker.dispose();
