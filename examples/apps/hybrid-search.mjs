// Two-stage retrieval over a folder of Markdown in any language: BM25 and a vector store (LanceDB, embedded in the process)
// find candidates at the same time, their rankings are fused, and the reranker puts the best on top.
// Needs, besides rerankit: npm install minisearch @lancedb/lancedb
//   node hybrid-search.mjs FOLDER "question" [EMBEDDING MODEL] [RERANKER]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '@lancedb/lancedb';
import { Reranker } from 'rerankit';
import { Embedder } from 'rerankit/embedding';
import { retrieveAndRerank } from 'rerankit/pipeline';
import { makeIndex, readPassages } from './markdown-rag.mjs';

const textOf = ({ title, text }) => `${title}\n${text}`;

/** The first stage over a folder: made once for all questions. `store` is an empty folder for the vectors. */
export async function openSearch(folder, { embedder, store }) {
  const passages = readPassages(folder);
  const { embeddings } = await embedder.embedDocuments(passages, { text: textOf });
  const rows = passages.map((passage, at) => ({ ...passage, vector: Array.from(embeddings[at]) }));
  const database = await connect(store);
  const table = await database.createTable('passages', rows);
  const index = makeIndex(passages);
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  const found = (rows) => rows.map(({ id }) => byId.get(id));
  return {
    passages,
    sources: {
      keywords: (query, { limit }) => found(index.search(query, { boost: { title: 2 } }).slice(0, limit)),
      vectors: async (query, { limit, signal }) => {
        const { embedding } = await embedder.embedQuery(query, { signal });
        return found(
          await table.vectorSearch(embedding).distanceType('cosine').limit(limit).select(['id', '_distance']).toArray(),
        );
      },
    },
  };
}

/** Both stages: of the 20 best candidates the best three. */
export function answer(question, { sources, reranker, signal }) {
  return retrieveAndRerank({
    query: question,
    candidates: sources,
    rerank: reranker,
    text: textOf,
    topK: 20,
    topN: 3,
    signal,
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, question, model = 'Qwen/Qwen3-Embedding-0.6B', rerankerModel] = process.argv.slice(2);
  const embedder = await Embedder.load(model);
  const reranker = await Reranker.load(rerankerModel);
  const store = mkdtempSync(join(tmpdir(), 'hybrid-search-'));
  const { passages, sources } = await openSearch(folder, { embedder, store });
  const { results, candidates, timings } = await answer(question, { sources, reranker });
  console.log(`${passages.length} passages, ${candidates.length} candidates\n`);
  for (const { score, document, ranks } of results) {
    console.log(`${score.toFixed(3)}  ${document.file}: ${document.title}  ${JSON.stringify(ranks)}`);
  }
  console.log(timings);
  await Promise.all([embedder.dispose(), reranker.dispose()]);
}
