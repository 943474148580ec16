import * as v from 'valibot';
import { integer } from './fields.ts';
import type { Outcome } from './job.ts';

/** The bodies that answer `/v1/rerank` and `/rerank`: rankings, best first. */

/** Texts to give back with their scores, if that is wanted. */
export type Echo = readonly string[] | undefined;

const usage = v.object({ prompt_tokens: integer, total_tokens: integer });
const meta = v.object({ api_version: v.object({ version: v.string() }) });
const score = { index: integer, relevance_score: v.number() };
/** Cohere, Jina and vLLM wrap a document's text. */
const results = v.array(v.object({ ...score, document: v.optional(v.object({ text: v.string() })) }));
/** Voyage and infinity do not. */
const data = v.array(v.object({ ...score, document: v.optional(v.string()) }));

export const cohereResponse = v.object({ id: v.string(), results, meta });
export const voyageResponse = v.object({ object: v.literal('list'), data, model: v.string(), usage });
export const vllmResponse = v.object({
  id: v.string(),
  model: v.string(),
  usage,
  results: v.array(v.object({ ...score, document: v.object({ text: v.string() }) })),
});
export const infinityResponse = v.object({
  object: v.literal('rerank'),
  results: v.array(v.object({ ...score, document: v.nullable(v.string()) })),
  model: v.string(),
  usage,
  id: v.string(),
  created: integer,
});
/** What Cohere, Jina, Voyage, vLLM and llama.cpp promise, all at once. */
export const anyResponse = v.object({
  id: v.string(),
  object: v.literal('list'),
  model: v.string(),
  results,
  data,
  usage,
  meta,
});

export function cohereAnswer(
  outcome: Outcome,
  top: number | undefined,
  echo: Echo,
): v.InferOutput<typeof cohereResponse> {
  return { id: outcome.id, results: wrapped(outcome, top, echo), meta: V1 };
}

export function voyageAnswer(
  outcome: Outcome,
  top: number | undefined,
  echo: Echo,
): v.InferOutput<typeof voyageResponse> {
  return { object: 'list', data: plain(outcome, top, echo), model: outcome.model, usage: usageOf(outcome) };
}

export function vllmAnswer(
  outcome: Outcome,
  top: number | undefined,
  documents: readonly string[],
  raw: boolean,
): v.InferOutput<typeof vllmResponse> {
  const { id, model } = outcome;
  const results = outcome.results.slice(0, top).map(({ index, score, logit }) => ({
    index,
    relevance_score: raw ? logit : score,
    document: { text: documents[index] ?? '' },
  }));
  return { id, model, usage: usageOf(outcome), results };
}

export function infinityAnswer(
  outcome: Outcome,
  top: number | undefined,
  echo: Echo,
  raw: boolean,
): v.InferOutput<typeof infinityResponse> {
  const { id, model } = outcome;
  const results = outcome.results.slice(0, top).map(({ index, score, logit }) => ({
    index,
    relevance_score: raw ? logit : score,
    document: echo?.[index] ?? null,
  }));
  return { object: 'rerank', results, model, usage: usageOf(outcome), id, created: seconds() };
}

/** Each of the protocols finds what it promises. Only those that wrap texts give them back unasked. */
export function anyAnswer(
  outcome: Outcome,
  top: number | undefined,
  { wrap, bare }: { readonly wrap: Echo; readonly bare: Echo },
): v.InferOutput<typeof anyResponse> {
  return {
    id: outcome.id,
    object: 'list',
    model: outcome.model,
    results: wrapped(outcome, top, wrap),
    data: plain(outcome, top, bare),
    usage: usageOf(outcome),
    meta: V1,
  };
}

const V1 = { api_version: { version: '1' } };

function wrapped({ results }: Outcome, top: number | undefined, echo: Echo) {
  return results.slice(0, top).map(({ index, score }) => {
    const text = echo?.[index];
    return { index, relevance_score: score, ...(text === undefined ? {} : { document: { text } }) };
  });
}

function plain({ results }: Outcome, top: number | undefined, echo: Echo) {
  return results.slice(0, top).map(({ index, score }) => {
    const document = echo?.[index];
    return { index, relevance_score: score, ...(document === undefined ? {} : { document }) };
  });
}

export function usageOf({ usage: { promptTokens } }: Outcome): v.InferOutput<typeof usage> {
  return { prompt_tokens: promptTokens, total_tokens: promptTokens };
}

/** Now, as OpenAI's API tells it. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
