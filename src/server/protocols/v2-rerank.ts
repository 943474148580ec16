import * as v from 'valibot';
import { RERANKIT_PATH, type RerankitResponse } from '../../engine/remote/rerankit-api.ts';
import { invalid } from '../problem.ts';
import { cohereFailure } from './failures.ts';
import { fieldsFor, integer, ranking } from './fields.ts';
import type { Outcome } from './job.ts';
import { type MakeEndpoint, protocol } from './protocol.ts';

const response = v.object({
  id: v.string(),
  model: v.string(),
  results: v.array(
    v.object({
      index: integer,
      relevance_score: v.number(),
      logit: v.number(),
      truncated: v.boolean(),
      document: v.optional(v.object({ text: v.string() })),
    }),
  ),
  usage: v.object({ prompt_tokens: integer, computed_tokens: integer }),
  meta: v.object({ api_version: v.object({ version: v.string() }), tokens: v.object({ input_tokens: integer }) }),
});

/** Cohere's second version, with what this library adds to it. */
export const v2Rerank: MakeEndpoint = (limits) => {
  const fields = fieldsFor(limits);
  const cohere = protocol({
    name: 'cohere-v2',
    request: v.strictObject({
      ...fields.common,
      documents: fields.texts,
      top_n: fields.top,
      max_tokens_per_doc: fields.top,
      priority: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(999))),
      return_documents: fields.flag,
      rerankit_priority: v.optional(v.pipe(v.number(), v.finite())),
    }),
    response,
    failure: cohereFailure,
    job(body) {
      const { documents, priority, rerankit_priority, max_tokens_per_doc } = body;
      if (priority !== undefined && rerankit_priority !== undefined) {
        throw invalid('priority and rerankit_priority exclude each other: send one of them.');
      }
      return {
        ...ranking(body, documents),
        // Cohere's are the other way around: the lower goes first.
        priority: rerankit_priority ?? -(priority ?? 0),
        cut: max_tokens_per_doc ? { field: 'max_tokens_per_doc', tokens: max_tokens_per_doc } : undefined,
        answer: (outcome) => answer(outcome, body.top_n, body.return_documents ? documents : undefined),
      };
    },
  });
  return {
    path: RERANKIT_PATH,
    summary: "Cohere's second version, with instruction, rerankit_priority, logit, truncated and usage.",
    protocols: [cohere],
    protocolOf: () => cohere,
    failure: cohereFailure,
  };
};

function answer(
  { id, model, results, usage }: Outcome,
  top: number | undefined,
  documents: readonly string[] | undefined,
): RerankitResponse & v.InferOutput<typeof response> {
  return {
    id,
    model,
    results: results.slice(0, top).map(({ index, score, logit, truncated }) => {
      const text = documents?.[index];
      return { index, relevance_score: score, logit, truncated, ...(text === undefined ? {} : { document: { text } }) };
    }),
    usage: { prompt_tokens: usage.promptTokens, computed_tokens: usage.computedTokens },
    meta: { api_version: { version: '2' }, tokens: { input_tokens: usage.promptTokens } },
  };
}
