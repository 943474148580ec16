/**
 * The protocol of this library's own HTTP service: Cohere's `POST /v2/rerank`, so that clients of that work, and a few
 * fields more. JSON both ways; names are those of Cohere.
 */

export const RERANKIT_PATH = '/v2/rerank';

/** `GET`: what is served. A service may lack it. */
export const RERANKIT_INFO_PATH = '/v2/info';

/** `POST /v2/rerank`. */
export interface RerankitRequest {
  /** @default the model that is served */
  readonly model?: string;
  readonly query: string;
  readonly documents: readonly string[];
  /** Return only the best so many. @default all */
  readonly top_n?: number;
  /** What makes a document relevant, in a sentence. @default the service's */
  readonly instruction?: string;
  /** Higher goes first; any finite number. (Cohere's `priority` is the other way around.) @default 0 */
  readonly rerankit_priority?: number;
}

/** Status 200: the results, best first. */
export interface RerankitResponse {
  readonly id: string;
  readonly model?: string;
  readonly results: readonly RerankitResult[];
  readonly usage?: RerankitUsage;
}

export interface RerankitResult {
  /** The document's place in the request. */
  readonly index: number;
  /** Probability of relevance, 0 to 1. */
  readonly relevance_score: number;
  /** Its logit, finer near 0 and 1. */
  readonly logit: number;
  /** Whether the document lost its tail. @default false */
  readonly truncated?: boolean;
}

export interface RerankitUsage {
  /** Tokens of all prompts. */
  readonly prompt_tokens: number;
  /** Those of them that were computed; the rest were shared. */
  readonly computed_tokens: number;
}

/** Any other status. 429 and 503 may carry `Retry-After`. */
export interface RerankitFailure {
  /** What went wrong, and what to do. */
  readonly message: string;
  /** One of the library's `ErrorCode`s. */
  readonly code?: string;
}

/** `GET /v2/info`. */
export interface RerankitServiceInfo {
  readonly model: string;
  /** Longest prompt in tokens. */
  readonly max_length?: number;
  /** Most documents of a request. */
  readonly max_documents: number;
  /** Most characters (UTF-16 units) of a query or an instruction, and of a document. */
  readonly max_query_characters?: number;
  readonly max_document_characters?: number;
  /** Most bytes of a request. */
  readonly max_body_bytes?: number;
  /** Where the model runs, such as `cpu`. */
  readonly device?: string;
  /** Numeric type of its linear layers, such as `int8`. */
  readonly dtype?: string;
  /** Instruction of requests that give none. @default none: the model knows no instructions */
  readonly instruction?: string;
  /** Version of the library. */
  readonly version?: string;
  /** Whether requests need `Authorization: Bearer KEY`; to read this, none is needed. @default false */
  readonly key_required?: boolean;
}
