import * as v from 'valibot';
import { isRecord } from '../../engine/remote/json.ts';
import { invalid } from '../problem.ts';
import { documentText } from './document-text.ts';
import { anyFailure, cohereFailure, detailFailure } from './failures.ts';
import { fieldsFor, ranking } from './fields.ts';
import { type MakeEndpoint, type Protocol, protocol } from './protocol.ts';
import { anyAnswer, anyResponse, cohereAnswer, cohereResponse, voyageAnswer, voyageResponse } from './v1-answers.ts';
import { vllmRerank } from './vllm-rerank.ts';

/** Fields that only one of the protocols at this path has. */
const MARKS = {
  voyage: ['top_k', 'truncation'],
  cohere: ['rank_fields', 'max_tokens_per_doc', 'max_chunks_per_doc'],
  vllm: [
    'use_activation',
    'activation',
    'truncate_prompt_tokens',
    'priority',
    'user',
    'request_id',
    'chat_template_kwargs',
  ],
} as const;

/**
 * Cohere's first version, Jina, Voyage, vLLM and llama.cpp share this path. A field that only one of them has decides;
 * without one the answer has what each of them promises.
 */
export const v1Rerank: MakeEndpoint = (limits) => {
  const fields = fieldsFor(limits);
  const record = v.record(v.string(), v.unknown());
  const common = { ...fields.common, return_documents: fields.flag };
  const any = protocol({
    name: 'v1',
    request: v.strictObject({
      ...common,
      documents: fields.list(v.union([fields.text, record], 'it must be a string or an object with a field text')),
      top_n: fields.topOrAll,
    }),
    response: anyResponse,
    failure: anyFailure,
    job(body) {
      const documents = body.documents.map((document, at) => documentText(document, undefined, { at, limits }));
      const echo = body.return_documents;
      const texts = { wrap: echo === false ? undefined : documents, bare: echo ? documents : undefined };
      return {
        ...ranking(body, documents),
        answer: (outcome) => anyAnswer(outcome, body.top_n || undefined, texts),
      };
    },
  });
  const cohere = protocol({
    name: 'cohere-v1',
    request: v.strictObject({
      ...common,
      documents: fields.list(v.union([fields.text, record], 'it must be a string or an object')),
      top_n: fields.top,
      rank_fields: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(100))),
      max_tokens_per_doc: fields.top,
    }),
    response: cohereResponse,
    failure: cohereFailure,
    job(body) {
      const { max_tokens_per_doc: tokens } = body;
      const names = body.rank_fields;
      const documents = body.documents.map((document, at) => documentText(document, names, { at, limits }));
      return {
        ...ranking(body, documents),
        cut: tokens ? { field: 'max_tokens_per_doc', tokens } : undefined,
        answer: (outcome) => cohereAnswer(outcome, body.top_n, body.return_documents ? documents : undefined),
      };
    },
  });
  const voyage = protocol({
    name: 'voyage',
    request: v.strictObject({ ...common, documents: fields.texts, top_k: fields.top, truncation: fields.flag }),
    response: voyageResponse,
    failure: detailFailure,
    job: (body) => ({
      ...ranking(body, body.documents),
      whole: body.truncation === false,
      answer: (outcome) => voyageAnswer(outcome, body.top_k, body.return_documents ? body.documents : undefined),
    }),
  });
  const vllm = vllmRerank(limits);
  const byName: Readonly<Record<keyof typeof MARKS, Protocol>> = { cohere, voyage, vllm };
  return {
    path: '/v1/rerank',
    summary:
      "Cohere's first version, Jina, Voyage, vLLM and llama.cpp, told apart by the fields that only one of them has.",
    protocols: [any, cohere, voyage, vllm],
    protocolOf(body) {
      const [first, second] = marksOf(body);
      if (first !== undefined && second !== undefined) {
        throw invalid(
          `${first.field} is a field of ${first.name}, and ${second.field} of ${second.name}: use those of one.`,
        );
      }
      return first === undefined ? any : byName[first.name];
    },
    failure: anyFailure,
  };
};

/** For each protocol that the body has a mark of, the protocol and the first such field. */
function marksOf(body: unknown): { readonly name: keyof typeof MARKS; readonly field: string }[] {
  if (!isRecord(body)) return [];
  const names = Object.keys(MARKS) as (keyof typeof MARKS)[];
  return names.flatMap((name) => {
    const field = MARKS[name].find((field) => Object.hasOwn(body, field));
    return field === undefined ? [] : [{ name, field }];
  });
}
