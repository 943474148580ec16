import * as v from 'valibot';
import type { Limits } from '../limits.ts';
import { openaiFailure } from './failures.ts';
import { fieldsFor } from './fields.ts';
import { type Protocol, protocol } from './protocol.ts';
import { vllmAnswer, vllmResponse } from './v1-answers.ts';
import { vllmFields, vllmOptions } from './vllm-fields.ts';

/** vLLM's ranking, which is spoken at two paths. */
export function vllmRerank(limits: Limits): Protocol {
  const { query, texts, topOrAll } = fieldsFor(limits);
  return protocol({
    name: 'vllm',
    request: v.strictObject({ ...vllmFields(limits), query, documents: texts, top_n: topOrAll }),
    response: vllmResponse,
    failure: openaiFailure,
    job(body) {
      const { raw, ...options } = vllmOptions(body);
      const { documents } = body;
      return {
        kind: 'rerank',
        query: body.query,
        documents,
        ...options,
        answer: (outcome) => vllmAnswer(outcome, body.top_n || undefined, documents, raw),
      };
    },
  });
}
