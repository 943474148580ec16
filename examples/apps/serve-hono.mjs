// The service inside an app of Hono, below /ai: POST /ai/v2/rerank, GET /ai/v2/info, … Needs: npm install hono @hono/node-server
import { pathToFileURL } from 'node:url';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Reranker } from 'rerankit';
import { createHandler } from 'rerankit/server';

export function createApp(handler) {
  const app = new Hono();
  app.get('/', (context) => context.text('the rest of the app'));
  app.mount('/ai', handler);
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Listens at once: until the model is loaded, /ai/ready says 503.
  const handler = createHandler(Reranker.load(), { limits: { documents: 200 } });
  const server = serve({ fetch: createApp(handler).fetch, port: 3000 }, () =>
    console.log('http://localhost:3000/ai/v2/info'),
  );
  process.once('SIGTERM', async () => {
    await handler.dispose(); // requests under way are answered
    server.close();
  });
}
