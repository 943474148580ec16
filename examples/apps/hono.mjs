// A search route in Hono: POST /search { "query": "…", "topN": 3 }. Needs: npm install hono @hono/node-server
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Reranker } from 'rerankit';
import { failureOf } from './search-errors.mjs';

export function createApp(reranker, articles) {
  const app = new Hono();
  app.post('/search', bodyLimit({ maxSize: 100_000 }), async (context) => {
    const { query, topN = 3 } = await context.req.json().catch(() => ({}));
    try {
      const { results } = await reranker.rerank(query, articles, {
        text: ({ title, text }) => `${title}\n${text}`,
        topN,
        // Aborted when the caller hangs up, which gives its place in the queue to others.
        signal: AbortSignal.any([context.req.raw.signal, AbortSignal.timeout(10_000)]),
      });
      return context.json(results.map(({ score, document }) => ({ score, id: document.id, title: document.title })));
    } catch (error) {
      const { status, body } = failureOf(error);
      return context.json(body, status);
    }
  });
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const articles = JSON.parse(readFileSync(new URL('../corpus.json', import.meta.url), 'utf8'));
  // One for the process, loaded before the first request.
  const reranker = await Reranker.load();
  const { fetch } = createApp(reranker, articles);
  const server = serve({ fetch, port: 3000 }, () => console.log('http://localhost:3000/search'));
  process.once('SIGTERM', () => server.close(() => reranker.dispose()));
}
