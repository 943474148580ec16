import { field } from './json.ts';
import type { RemoteProtocol } from './protocols.ts';

/** One request's texts, ready to be written down. */
export interface Texts {
  readonly model: string | undefined;
  readonly query: string;
  readonly documents: readonly string[];
  /** Whether to ask for raw scores, where the protocol has a switch for them. */
  readonly raw: boolean;
}

/** How a protocol says the one thing that all of them say: score these documents for this query. */
export interface Dialect {
  readonly path: string;
  /** Most documents of a request, and how many are sent by default. */
  readonly maxDocuments: number;
  readonly batchSize: number;
  /** Most bytes of the documents of a request. */
  readonly maxBytes: number;
  /** Most UTF-16 units of a text, where the server refuses longer ones. */
  readonly maxUnits?: number;
  readonly request: (texts: Texts) => unknown;
  readonly results: (answer: unknown) => unknown;
  readonly score: (result: unknown) => unknown;
  readonly tokens: (answer: unknown) => unknown;
  /** An instruction's way to the model; without one, an instruction is refused. */
  readonly instruct?: (instruction: string, query: string) => string;
  /** Whether control tokens of a template can be forged in what this server is sent. */
  readonly templates?: boolean;
}

type RerankProtocol = Exclude<RemoteProtocol, 'vllm' | 'rerankit'>;

const MB = 1_000_000;
const relevanceScore = (result: unknown) => field(result, 'relevance_score');
const results = (answer: unknown) => field(answer, 'results');
const data = (answer: unknown) => field(answer, 'data');
const totalTokens = (answer: unknown) => field(field(answer, 'usage'), 'total_tokens');

/** All results are asked for, never the best few: ranking is done here, over all requests of a call. */
export const DIALECTS: Readonly<Record<RerankProtocol, Dialect>> = {
  tei: {
    path: '/rerank',
    maxDocuments: 32,
    batchSize: 32,
    maxBytes: 1.9 * MB, // The router takes 2 MB.
    request: ({ query, documents, raw }) => ({
      query,
      texts: documents,
      raw_scores: raw,
      return_text: false,
      truncate: true,
    }),
    results: (answer) => answer,
    score: (result) => field(result, 'score'),
    tokens: () => undefined,
  },
  infinity: {
    path: '/rerank',
    maxDocuments: 2048,
    batchSize: 128,
    maxBytes: 8 * MB,
    maxUnits: 122_880,
    request: ({ model, query, documents, raw }) => ({
      model,
      query,
      documents,
      raw_scores: raw,
      return_documents: false,
    }),
    results,
    score: relevanceScore,
    tokens: totalTokens,
  },
  'llama.cpp': {
    path: '/v1/rerank',
    maxDocuments: 10_000,
    batchSize: 64,
    maxBytes: 8 * MB,
    request: ({ model, query, documents }) => ({ model, query, documents }),
    results,
    score: relevanceScore,
    tokens: totalTokens,
    templates: true,
  },
  cohere: {
    path: '/v2/rerank',
    maxDocuments: 10_000,
    batchSize: 1000,
    maxBytes: 8 * MB,
    request: ({ model, query, documents }) => ({ model, query, documents }),
    results,
    score: relevanceScore,
    tokens: (answer) => field(field(field(answer, 'meta'), 'tokens'), 'input_tokens'),
  },
  jina: {
    path: '/v1/rerank',
    maxDocuments: 2048,
    batchSize: 1000,
    maxBytes: 8 * MB,
    request: ({ model, query, documents }) => ({ model, query, documents, return_documents: false }),
    results,
    score: relevanceScore,
    tokens: totalTokens,
  },
  voyage: {
    path: '/v1/rerank',
    maxDocuments: 1000,
    batchSize: 200,
    maxBytes: 2 * MB, // 600,000 tokens, the query counted with each document.
    request: ({ model, query, documents }) => ({ model, query, documents, return_documents: false, truncation: true }),
    results: data,
    score: relevanceScore,
    tokens: totalTokens,
    // Voyage's models read instructions in the query's own text.
    instruct: (instruction, query) => `${instruction}\nQuery: ${query}`,
  },
};
