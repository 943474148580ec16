import * as v from 'valibot';
import { field, isRecord } from '../../engine/remote/json.ts';
import { openaiFailure, teiFailure } from './failures.ts';
import { fieldsFor, integer, ranking } from './fields.ts';
import { type MakeEndpoint, protocol } from './protocol.ts';
import { infinityAnswer, infinityResponse } from './v1-answers.ts';
import { vllmRerank } from './vllm-rerank.ts';

const teiResponse = v.array(v.object({ index: integer, score: v.number(), text: v.optional(v.string()) }));

/** text-embeddings-inference has `texts` at this path, infinity and vLLM have `documents`. */
export const rerank: MakeEndpoint = (limits) => {
  const fields = fieldsFor(limits);
  const tei = protocol({
    name: 'tei',
    request: v.strictObject({
      ...fields.common,
      texts: fields.texts,
      raw_scores: fields.flag,
      return_text: fields.flag,
      truncate: fields.flag,
      truncation_direction: v.optional(
        v.union([v.literal('right'), v.literal('Right')], 'it can only be "right": documents lose their tail'),
      ),
    }),
    response: teiResponse,
    failure: teiFailure,
    job: ({ texts, ...body }) => ({
      ...ranking(body, texts),
      whole: body.truncate === false,
      answer: ({ results }): v.InferOutput<typeof teiResponse> =>
        results.map(({ index, score, logit }) => {
          const text = body.return_text ? texts[index] : undefined;
          return { index, score: body.raw_scores ? logit : score, ...(text === undefined ? {} : { text }) };
        }),
    }),
  });
  const infinity = protocol({
    name: 'infinity',
    request: v.strictObject({
      ...fields.common,
      documents: fields.texts,
      top_n: fields.top,
      raw_scores: fields.flag,
      return_documents: fields.flag,
    }),
    response: infinityResponse,
    failure: openaiFailure,
    job: ({ documents, ...body }) => ({
      ...ranking(body, documents),
      answer: (outcome) =>
        infinityAnswer(outcome, body.top_n, body.return_documents ? documents : undefined, body.raw_scores === true),
    }),
  });
  const vllm = vllmRerank(limits);
  return {
    path: '/rerank',
    summary:
      'text-embeddings-inference if there is a field texts; infinity if there is raw_scores or return_documents; else vLLM.',
    protocols: [tei, infinity, vllm],
    protocolOf(body) {
      if (!isRecord(body) || Object.hasOwn(body, 'texts')) return tei;
      const isInfinity = ['raw_scores', 'return_documents'].some((name) => field(body, name) !== undefined);
      return isInfinity ? infinity : vllm;
    },
    failure: teiFailure,
  };
};
