// A search route in Express: POST /search { "query": "…", "topN": 3 }. Needs, besides rerankit: npm install express
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import express from 'express';
import { Reranker } from 'rerankit';
import { failureOf } from './search-errors.mjs';

export function createApp(reranker, articles) {
  const app = express();
  app.use(express.json({ limit: '100kb' }));
  app.post('/search', async (request, response) => {
    const { query, topN = 3 } = request.body ?? {};
    // A caller that hangs up gives its place in the queue to others.
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      const { results } = await reranker.rerank(query, articles, {
        text: ({ title, text }) => `${title}\n${text}`,
        topN,
        signal: AbortSignal.any([gone.signal, AbortSignal.timeout(10_000)]),
      });
      response.json(results.map(({ score, document }) => ({ score, id: document.id, title: document.title })));
    } catch (error) {
      if (gone.signal.aborted) return;
      const { status, body } = failureOf(error);
      response.status(status).json(body);
    }
  });
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const articles = JSON.parse(readFileSync(new URL('../corpus.json', import.meta.url), 'utf8'));
  // One for the process, loaded before the first request.
  const reranker = await Reranker.load();
  const server = createApp(reranker, articles).listen(3000, () => console.log('http://localhost:3000/search'));
  process.once('SIGTERM', () => server.close(() => reranker.dispose()));
}
