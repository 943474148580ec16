import type { RemoteProtocol } from '../../../src/engine/remote/protocols.ts';
import { logitOf, plainIds, sigmoid } from './fake-model.ts';
import type { Handler, Reply } from './fake-server.ts';

export type RerankProtocol = Exclude<RemoteProtocol, 'vllm'>;

/** The logit of the servers below. */
export function pairLogit(query: string, document: string): number {
  return logitOf(plainIds(`${query}\n${document}`));
}

interface Asked {
  readonly query: string;
  readonly documents: readonly string[];
}

/** The rows of an answer, best first as servers send them. */
function ranked({ query, documents }: Asked, score: (logit: number) => number) {
  return documents
    .map((document, index) => ({ index, score: score(pairLogit(query, document)) }))
    .sort((a, b) => b.score - a.score);
}

/** Refuses whatever the protocol's documentation does not name. */
function strict(body: unknown, fields: readonly string[]): Reply | undefined {
  const unknown = Object.keys(body as object).find((name) => !fields.includes(name));
  return unknown === undefined ? undefined : { status: 422, body: { detail: [{ msg: `unknown field ${unknown}` }] } };
}

/** How many documents the servers take at a time. */
export const TAKES = 50;

/** Servers that speak each protocol as it is documented, over one model. */
export const FAKE_RERANKERS: Readonly<Record<RerankProtocol, Handler>> = {
  tei(body, { path }) {
    if (path === '/info') {
      return {
        body: { model_id: 'tiny', model_type: { reranker: {} }, max_client_batch_size: TAKES, max_input_length: 512 },
      };
    }
    if (path !== '/rerank') return undefined;
    const { query, texts, raw_scores = false } = body as { query: string; texts: string[]; raw_scores?: boolean };
    const bad = strict(body, ['query', 'texts', 'raw_scores', 'return_text', 'truncate', 'truncation_direction']);
    if (bad !== undefined) return bad;
    if (texts.length > TAKES) return { status: 413, body: { error: 'batch size > maximum', error_type: 'Validation' } };
    return { body: ranked({ query, documents: texts }, raw_scores ? (logit) => logit : sigmoid) };
  },
  infinity(body, { path }) {
    if (path === '/models') {
      return {
        body: {
          data: [
            { id: 'embed', capabilities: ['embed'] },
            { id: 'tiny', capabilities: ['rerank'] },
          ],
        },
      };
    }
    if (path !== '/rerank') return undefined;
    const bad = strict(body, ['query', 'documents', 'return_documents', 'raw_scores', 'model', 'top_n']);
    if (bad !== undefined) return bad;
    const rows = ranked(body as Asked, (body as { raw_scores?: boolean }).raw_scores ? (logit) => logit : sigmoid);
    const results = rows.map(({ index, score }) => ({ index, relevance_score: score, document: null }));
    return { body: { object: 'rerank', results, model: 'tiny', usage: { prompt_tokens: 7, total_tokens: 7 } } };
  },
  'llama.cpp'(body, { path }) {
    if (path === '/v1/models') return { body: { object: 'list', data: [{ id: 'tiny.gguf' }] } };
    if (path !== '/v1/rerank') return undefined;
    const bad = strict(body, ['model', 'query', 'documents', 'top_n']);
    if (bad !== undefined) return bad;
    const results = ranked(body as Asked, (logit) => logit).map(({ index, score }) => ({
      index,
      relevance_score: score,
    }));
    return { body: { model: 'tiny.gguf', object: 'list', results, usage: { prompt_tokens: 7, total_tokens: 7 } } };
  },
  cohere(body, { path }) {
    if (path !== '/v2/rerank') return undefined;
    const bad = strict(body, ['model', 'query', 'documents', 'top_n', 'max_tokens_per_doc', 'priority']);
    if (bad !== undefined) return bad;
    const results = ranked(body as Asked, sigmoid).map(({ index, score }) => ({ index, relevance_score: score }));
    return { body: { id: 'x', results, meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } } } };
  },
  jina(body, { path }) {
    if (path !== '/v1/rerank') return undefined;
    const bad = strict(body, ['model', 'query', 'documents', 'top_n', 'return_documents']);
    if (bad !== undefined) return bad;
    const results = ranked(body as Asked, sigmoid).map(({ index, score }) => ({ index, relevance_score: score }));
    return { body: { model: 'tiny', usage: { total_tokens: 7 }, results } };
  },
  voyage(body, { path }) {
    if (path !== '/v1/rerank') return undefined;
    const bad = strict(body, ['model', 'query', 'documents', 'top_k', 'return_documents', 'truncation']);
    if (bad !== undefined) return bad;
    const data = ranked(body as Asked, sigmoid).map(({ index, score }) => ({ index, relevance_score: score }));
    return { body: { object: 'list', data, model: 'tiny', usage: { total_tokens: 7 } } };
  },
  rerankit(body, { path }) {
    if (path === '/v2/info') return { body: { model: 'tiny', max_length: 512, max_documents: TAKES } };
    if (path !== '/v2/rerank') return undefined;
    const bad = strict(body, ['model', 'query', 'documents', 'top_n', 'instruction', 'rerankit_priority']);
    if (bad !== undefined) return bad;
    const { query, documents, instruction = '' } = body as Asked & { instruction?: string };
    const rows = ranked({ query: instruction + query, documents }, (logit) => logit);
    const results = rows.map(({ index, score }) => ({
      index,
      relevance_score: sigmoid(score),
      logit: score,
      truncated: documents[index]?.startsWith('long') ?? false,
    }));
    return { body: { id: 'x', model: 'tiny', results, usage: { prompt_tokens: 10, computed_tokens: 6 } } };
  },
};
