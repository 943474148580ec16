import { basename } from 'node:path';
import type { RerankitServiceInfo } from '../engine/remote/rerankit-api.ts';
import type { RerankerInfo } from '../types.ts';
import type { Limits } from './limits.ts';

/** What a service tells of itself, in the words of the protocols. */
export interface Described {
  readonly info: RerankerInfo;
  readonly names: readonly string[];
  readonly limits: Limits;
  readonly version: string;
  readonly keyRequired: boolean;
}

/** Names of a model that was not given any: not a path of the server's machine. */
export function defaultNames({ model, source }: RerankerInfo): readonly string[] {
  return [source === 'directory' ? basename(model) : model];
}

/** `GET /v2/info`. */
export function serviceInfo({ info, names, limits, version, keyRequired }: Described): RerankitServiceInfo {
  return {
    model: names[0] ?? info.model,
    ...(info.maxLength === undefined ? {} : { max_length: info.maxLength }),
    max_documents: limits.documents,
    max_query_characters: limits.queryCharacters,
    max_document_characters: limits.documentCharacters,
    max_body_bytes: limits.bodyBytes,
    ...(info.device === undefined ? {} : { device: info.device }),
    ...(info.dtype === undefined ? {} : { dtype: info.dtype }),
    ...(info.instruction === undefined ? {} : { instruction: info.instruction }),
    version,
    key_required: keyRequired,
  };
}

/** `GET /v1/models`, as OpenAI's API has it, with what vLLM and infinity add. */
export function modelList({ info, names }: Described, created: number): object {
  const data = names.map((id) => ({
    id,
    object: 'model',
    created,
    owned_by: 'rerankit',
    max_model_len: info.maxLength ?? null,
    capabilities: ['rerank'],
  }));
  return { object: 'list', data };
}

/** `GET /info` of text-embeddings-inference. */
export function teiInfo({ info, names, limits, version }: Described): object {
  return {
    model_id: names[0] ?? info.model,
    model_sha: info.revision ?? null,
    model_dtype: info.dtype ?? null,
    model_type: { reranker: { id2label: { '0': 'LABEL_0' }, label2id: { LABEL_0: 0 } } },
    max_concurrent_requests: limits.concurrentRequests,
    max_input_length: info.maxLength ?? null,
    max_client_batch_size: limits.documents,
    auto_truncate: true,
    version,
  };
}
