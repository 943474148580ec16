// A route handler of Next.js: POST /api/search { "query": "…", "documents": ["…"] }.
import { RerankitError } from 'rerankit';
import { getReranker } from './reranker';

export const runtime = 'nodejs';
export const maxDuration = 30;

const MAX_DOCUMENTS = 200;

export async function POST(request: Request): Promise<Response> {
  const body: unknown = await request.json().catch(() => undefined);
  if (!isSearch(body)) {
    return Response.json(
      { error: `expected { query, documents }, of at most ${MAX_DOCUMENTS} strings` },
      { status: 400 },
    );
  }
  try {
    const reranker = await getReranker();
    const { results } = await reranker.rerank(body.query, body.documents, {
      topN: 10,
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(25_000)]),
    });
    return Response.json(results.map(({ index, score }) => ({ index, score })));
  } catch (error) {
    if (RerankitError.isInstance(error, 'QUEUE_FULL')) {
      return Response.json({ error: 'busy' }, { status: 429, headers: { 'retry-after': '1' } });
    }
    if (RerankitError.isInstance(error, 'PROMPT_TOO_LONG')) {
      return Response.json({ error: 'the query is too long' }, { status: 413 });
    }
    throw error;
  }
}

function isSearch(body: unknown): body is { readonly query: string; readonly documents: readonly string[] } {
  if (typeof body !== 'object' || body === null || !('query' in body) || !('documents' in body)) return false;
  const { query, documents } = body;
  if (typeof query !== 'string' || !Array.isArray(documents) || documents.length > MAX_DOCUMENTS) return false;
  return documents.every((document) => typeof document === 'string');
}
