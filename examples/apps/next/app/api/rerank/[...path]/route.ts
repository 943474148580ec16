// The whole service as a route of Next.js: POST /api/rerank/v2/rerank, GET /api/rerank/v2/info, …
import { createHandler, type RerankHandler } from 'rerankit/server';
import { getReranker } from '../../search/reranker';

export const runtime = 'nodejs';
export const maxDuration = 30;

// Kept outside the module: in development Next.js loads modules again at every change.
const store = globalThis as typeof globalThis & { rerankHandler?: RerankHandler };

function answer(request: Request): Promise<Response> {
  store.rerankHandler ??= createHandler(getReranker(), {
    basePath: '/api/rerank',
    apiKeys: process.env['RERANK_KEY'] === undefined ? [] : [process.env['RERANK_KEY']],
    limits: { documents: 200, milliseconds: 25_000 },
  });
  return store.rerankHandler(request);
}

export { answer as GET, answer as POST };
