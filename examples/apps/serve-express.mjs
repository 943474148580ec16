// The service inside an app of Express, below /ai: POST /ai/v2/rerank, GET /ai/v2/info, … Needs: npm install express
import { pathToFileURL } from 'node:url';
import express from 'express';
import { Reranker } from 'rerankit';
import { createHandler, toNodeListener } from 'rerankit/server';

export function createApp(handler) {
  const app = express();
  // Before express.json(): the service reads bodies itself, up to its own limit.
  app.use('/ai', toNodeListener(handler));
  app.use(express.json());
  app.get('/', (_request, response) => response.send('the rest of the app'));
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Listens at once: until the model is loaded, /ai/ready says 503.
  const handler = createHandler(Reranker.load(), { limits: { documents: 200 } });
  const server = createApp(handler).listen(3000, () => console.log('http://localhost:3000/ai/v2/info'));
  process.once('SIGTERM', async () => {
    await handler.dispose(); // requests under way are answered
    server.close();
  });
}
