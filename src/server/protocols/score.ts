import * as v from 'valibot';
import { isRecord } from '../../engine/remote/json.ts';
import type { Pair } from '../../types.ts';
import type { Limits } from '../limits.ts';
import { invalid } from '../problem.ts';
import { openaiFailure } from './failures.ts';
import { fieldsFor, integer } from './fields.ts';
import { type Endpoint, type Protocol, protocol } from './protocol.ts';
import { seconds, usageOf } from './v1-answers.ts';
import { vllmFields, vllmOptions } from './vllm-fields.ts';

/** Names of queries and documents, today's and former ones. */
const NAMES = [
  ['text_1', 'text_2'],
  ['queries', 'documents'],
  ['queries', 'items'],
  ['data_1', 'data_2'],
] as const;

const response = v.object({
  id: v.string(),
  object: v.literal('list'),
  created: integer,
  model: v.string(),
  data: v.array(v.object({ index: integer, object: v.literal('score'), score: v.number() })),
  usage: v.object({ prompt_tokens: integer, total_tokens: integer, completion_tokens: v.literal(0) }),
});

/** vLLM's scores of pairs, at either of its paths. */
export const score =
  (path: '/score' | '/v1/score') =>
  (limits: Limits): Endpoint => {
    const forms = NAMES.map((names) => form(names, limits));
    const [usual] = forms;
    if (usual === undefined) throw new Error('unreachable: there is a form');
    return {
      path,
      summary: 'Scores pairs of texts, as vLLM does: one with one, one with many, or many with as many.',
      protocols: forms,
      protocolOf(body) {
        const at = isRecord(body) ? NAMES.findIndex((names) => names.every((name) => Object.hasOwn(body, name))) : -1;
        return forms[at] ?? usual;
      },
      failure: openaiFailure,
    };
  };

function form([first, second]: readonly [string, string], limits: Limits): Protocol {
  const { query, text, list } = fieldsFor(limits);
  const expected = 'it must be a string or a list of strings';
  return protocol({
    name: 'vllm-score',
    request: v.strictObject({
      ...vllmFields(limits),
      [first]: v.union([query, list(query)], expected),
      [second]: v.union([text, list(text)], expected),
    }),
    response,
    failure: openaiFailure,
    job(body) {
      const { raw, instruction, ...options } = vllmOptions(body);
      // The schema has both of them, under names that its type does not know.
      const texts = body as Readonly<Record<string, unknown>>;
      const pairs = pairsOf(listOf(texts[first]), listOf(texts[second]), `${first} and ${second}`);
      return {
        kind: 'score',
        ...options,
        pairs: instruction === undefined ? pairs : pairs.map((pair) => ({ ...pair, instruction })),
        answer: (outcome): v.InferOutput<typeof response> => ({
          id: outcome.id,
          object: 'list',
          created: seconds(),
          model: outcome.model,
          data: outcome.results.map(({ index, score, logit }) => ({
            index,
            object: 'score',
            score: raw ? logit : score,
          })),
          usage: { ...usageOf(outcome), completion_tokens: 0 },
        }),
      };
    },
  });
}

function listOf(texts: unknown): readonly string[] {
  return (Array.isArray(texts) ? texts : [texts]) as readonly string[];
}

function pairsOf(queries: readonly string[], documents: readonly string[], names: string): Pair[] {
  if (queries.length !== 1 && queries.length !== documents.length) {
    throw invalid(
      `${names} have ${queries.length} and ${documents.length} texts: they must be one and any number, or as many each.`,
    );
  }
  return documents.map((document, at) => ({ query: queries[at] ?? queries[0] ?? '', document }));
}
