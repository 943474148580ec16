import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { Reranker } from '../../src/reranker.ts';
import { createHandler } from '../../src/server/index.ts';
import { DEFAULT_LIMITS } from '../../src/server/limits.ts';
import { ENDPOINTS } from '../../src/server/protocols/endpoints.ts';
import { lexicalScore } from '../../src/testing/index.ts';
import { type Answer, get, post, served } from './support.ts';

const query = 'undo git commit';
const documents = ['bake bread', 'git reset will undo the commit', 'git log'];
/** Indices and scores as they must come back, best first. */
const ranking = [1, 2, 0].map((index) => ({ index, score: lexicalScore(query, documents[index] ?? '') }));

const { handler, reranker } = served();

/** A body for each protocol with all fields that it has in common with the others. */
const ASKED: Readonly<Record<string, { readonly path: string; readonly body: object }>> = {
  'cohere-v2': { path: '/v2/rerank', body: { query, documents, top_n: 2 } },
  v1: { path: '/v1/rerank', body: { query, documents, top_n: 2 } },
  'cohere-v1': { path: '/v1/rerank', body: { query, documents, top_n: 2, rank_fields: ['text'] } },
  voyage: { path: '/v1/rerank', body: { query, documents, top_k: 2 } },
  vllm: { path: '/v1/rerank', body: { query, documents, top_n: 2, user: 'me' } },
  'vllm at /rerank': { path: '/rerank', body: { query, documents, top_n: 2 } },
  infinity: { path: '/rerank', body: { query, documents, top_n: 2, return_documents: false } },
  tei: { path: '/rerank', body: { query, texts: documents } },
  'vllm-score': { path: '/score', body: { text_1: query, text_2: documents } },
  'vllm-score at /v1/score': { path: '/v1/score', body: { text_1: query, text_2: documents } },
};

/** The schema that a protocol promises to answer with. */
function responseOf(path: string, name: string): v.GenericSchema {
  const endpoint = ENDPOINTS.map((make) => make(DEFAULT_LIMITS)).find((each) => each.path === path);
  const found = endpoint?.protocols.find((protocol) => protocol.name === name.split(' ')[0]);
  if (found === undefined) throw new Error(`no protocol ${name} at ${path}`);
  return found.response;
}

/** Index and score of each result, wherever the protocol has them. */
function scoresOf({ body }: Answer): { index: number; score: number }[] {
  const rows = Array.isArray(body) ? body : (body.results ?? body.data);
  return rows.map(({ index, relevance_score, score = relevance_score }: Record<string, number>) => ({ index, score }));
}

describe.each(Object.entries(ASKED))('%s', (name, { path, body }) => {
  const scoresPairs = name.startsWith('vllm-score');

  test('answers in its own shape, with the scores of the reranker', async () => {
    const answer = await post(handler, path, body);
    expect(answer.status).toBe(200);
    expect(v.safeParse(responseOf(path, name), answer.body).issues).toBeUndefined();
    const wanted = scoresPairs
      ? ranking.toSorted((a, b) => a.index - b.index)
      : ranking.slice(0, name === 'tei' ? 3 : 2);
    const found = scoresOf(answer);
    expect(found.map(({ index }) => index)).toEqual(wanted.map(({ index }) => index));
    for (const [at, { score }] of found.entries()) expect(score).toBeCloseTo(wanted[at]?.score ?? Number.NaN, 12);
  });

  test('hands on the instruction', async () => {
    await post(handler, path, { ...body, instruction: 'Find the command' });
    const call = reranker.calls.at(-1);
    expect(call?.pairs?.[0]?.instruction ?? call?.instruction).toBe('Find the command');
  });

  test('takes null for a field that was not given', async () => {
    const { status } = await post(handler, path, { ...body, instruction: null, model: null, max_chunks_per_doc: null });
    expect(status).toBe(200);
  });

  test('takes the name of the model, and refuses another', async () => {
    expect((await post(handler, path, { ...body, model: 'test' })).status).toBe(200);
    const { status, body: refusal } = await post(handler, path, { ...body, model: 'gpt' });
    expect(status).toBe(404);
    expect(JSON.stringify(refusal)).toContain(
      'The model \\"gpt\\" is not served here; the field model can be \\"test\\"',
    );
  });

  test('names a field that it does not know', async () => {
    const { status, body: refusal } = await post(handler, path, { ...body, instructon: 'x' });
    expect(status).toBe(422);
    expect(JSON.stringify(refusal)).toContain('There is no field \\"instructon\\"; the fields are ');
  });

  test('an empty list has an empty ranking', async () => {
    const empty = Object.fromEntries(
      Object.entries(body).map(([key, value]) => [key, Array.isArray(value) && key !== 'rank_fields' ? [] : value]),
    );
    const answer = await post(handler, path, empty);
    expect(answer.status).toBe(200);
    expect(scoresOf(answer)).toEqual([]);
  });
});

describe('refusals', () => {
  const message = expect.stringMatching(/^query is missing; it must be a string\.$/);
  const openai = { error: { message, type: 'BadRequestError', param: null, code: 422 } };
  test.each([
    ['/v2/rerank', { documents }, { message, code: 'INVALID_INPUT' }],
    ['/v1/rerank', { documents, rank_fields: ['text'] }, { message, code: 'INVALID_INPUT' }],
    ['/v1/rerank', { documents, top_k: 1 }, { detail: message }],
    ['/v1/rerank', { documents, use_activation: true }, openai],
    ['/v1/rerank', { documents }, { message, code: 'INVALID_INPUT', detail: message, ...openai }],
    ['/rerank', { texts: documents }, { error: message, error_type: 'Validation' }],
    ['/rerank', { documents }, openai],
    ['/rerank', { documents, raw_scores: true }, openai],
  ])('%s %j', async (path, body, refusal) => {
    const answer = await post(handler, path, body);
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual(refusal);
  });

  test.each([
    ['/v2/rerank', '{', 400, { message: 'The body is not valid JSON.' }],
    ['/v2/rerank', '', 400, { message: 'The body is empty; it must be JSON.' }],
    ['/v2/rerank', new Uint8Array([0x22, 0xff, 0x22]), 400, { message: 'The body is not UTF-8.' }],
    ['/rerank', '[', 400, { error: 'The body is not valid JSON.', error_type: 'Validation' }],
    ['/v2/rerank', '5', 422, { message: 'The body is 5; it must be an object.', code: 'INVALID_INPUT' }],
  ])('%s %j, before there is a body', async (path, body, status, refusal) => {
    expect(await post(handler, path, body)).toMatchObject({ status, body: refusal });
  });

  test.each([
    [{ query: 5, documents }, 'query is 5; it must be a string.'],
    [{ query, documents: 'x' }, 'documents is "x"; it must be an array.'],
    [{ query, documents: ['a', 7] }, 'documents[1] is 7; it must be a string.'],
    [{ query, documents, top_n: 0 }, 'top_n is 0; it must be at least 1.'],
    [{ query, documents, top_n: 1.5 }, 'top_n is 1.5; it must be an integer.'],
    [{ query, documents, priority: 1000 }, 'priority is 1000; it must be at most 999.'],
    [
      { query, documents, priority: 1, rerankit_priority: 1 },
      'priority and rerankit_priority exclude each other: send one of them.',
    ],
    [{ query, documents, max_tokens_per_doc: 100 }, /^max_tokens_per_doc is 100, but this server cuts prompts at/],
  ])('/v2/rerank %j', async (body, message) => {
    const answer = await post(handler, '/v2/rerank', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } });
    if (typeof message === 'string') expect(answer.body.message).toBe(message);
    else expect(answer.body.message).toMatch(message);
  });

  test('fields of two protocols', async () => {
    const { status, body } = await post(handler, '/v1/rerank', { query, documents, top_k: 1, rank_fields: ['text'] });
    expect(status).toBe(422);
    expect(body.message).toBe('top_k is a field of voyage, and rank_fields of cohere: use those of one.');
  });

  test.each([
    ['/score', { text_1: ['a', 'b'], text_2: ['c'] }, /text_1 and text_2 have 2 and 1 texts/],
    ['/score', { text_1: 5, text_2: 'c' }, /text_1 is 5; it must be a string or a list of strings/],
    [
      '/v1/rerank',
      { query, documents, truncate_prompt_tokens: 100 },
      /truncate_prompt_tokens is 100; it can only be -1/,
    ],
    ['/v1/rerank', { query, documents: [{ title: 'x' }] }, /documents\[0\]\.text is undefined; it must be a string/],
    [
      '/rerank',
      { query, texts: documents, truncation_direction: 'left' },
      /truncation_direction is "left"; it can only be/,
    ],
  ])('%s %j', async (path, body, message) => {
    const answer = await post(handler, path, body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body).replaceAll('\\"', '"')).toMatch(message);
  });
});

describe('what is particular', () => {
  test('a request of /v1/rerank that may be of several protocols is answered for all of them', async () => {
    const { body } = await post(handler, '/v1/rerank', { query, documents });
    expect(body.results[0]).toMatchObject({ index: 1, document: { text: documents[1] } });
    expect(body.data[0]).toEqual({ index: 1, relevance_score: body.results[0].relevance_score });
    const asked = await post(handler, '/v1/rerank', { query, documents, return_documents: true });
    expect(asked.body.results[0].document).toEqual({ text: documents[1] });
    expect(asked.body.data[0].document).toBe(documents[1]);
    const bare = await post(handler, '/v1/rerank', { query, documents, return_documents: false });
    expect(JSON.stringify(bare.body)).not.toContain('git reset');
  });

  test('documents that are objects', async () => {
    const objects = documents.map((text, id) => ({ id, title: `t${id}`, text }));
    await post(handler, '/v1/rerank', { query, documents: objects });
    expect(reranker.calls.at(-1)?.documents).toEqual(documents);
    await post(handler, '/v1/rerank', { query, documents: objects, rank_fields: ['title', 'text'] });
    expect(reranker.calls.at(-1)?.documents[0]).toBe('title: t0\ntext: bake bread');
    const { body } = await post(handler, '/v1/rerank', {
      query,
      documents: objects,
      rank_fields: ['text'],
      return_documents: true,
    });
    expect(body.results[0].document).toEqual({ text: documents[1] });
  });

  test('raw scores are logits', async () => {
    const logit = (score: number) => Math.log(score / (1 - score));
    const best = logit(ranking[0]?.score ?? Number.NaN);
    const tei = await post(handler, '/rerank', { query, texts: documents, raw_scores: true, return_text: true });
    expect(tei.body[0].score).toBeCloseTo(best, 10);
    expect(tei.body[0].text).toBe(documents[1]);
    const infinity = await post(handler, '/rerank', { query, documents, raw_scores: true });
    expect(infinity.body.results[0].relevance_score).toBeCloseTo(best, 10);
    const vllm = await post(handler, '/score', { queries: query, items: documents, use_activation: false });
    expect(vllm.body.data[1].score).toBeCloseTo(best, 10);
    const pair = await post(handler, '/v1/score', { data_1: ['a b', 'c'], data_2: ['a', 'c'], activation: false });
    expect(pair.body.data.map(({ score }: { score: number }) => score)).toEqual(
      [0, 4].map((one) => expect.closeTo(one, 10)),
    );
    const v2 = await post(handler, '/v2/rerank', { query, documents });
    expect(v2.body.results[0].logit).toBeCloseTo(best, 10);
  });

  test('priorities: the lower goes first for Cohere and vLLM, the higher for us', async () => {
    const priorityOf = async (path: string, fields: object) => {
      await post(handler, path, { query, documents, ...fields });
      return reranker.calls.at(-1)?.options.priority;
    };
    expect(await priorityOf('/v2/rerank', { priority: 5 })).toBe(-5);
    expect(await priorityOf('/v2/rerank', { rerankit_priority: 2.5 })).toBe(2.5);
    expect(await priorityOf('/v1/rerank', { priority: 3 })).toBe(-3);
  });

  test('whoever wants no document cut is refused, if one would be', async () => {
    const cut = createCutting();
    expect((await post(cut, '/rerank', { query, texts: ['a', 'long'], truncate: true })).status).toBe(200);
    for (const [path, body] of [
      ['/rerank', { query, texts: ['a', 'long'], truncate: false }],
      ['/v1/rerank', { query, documents: ['a', 'long'], truncation: false, top_k: 1 }],
    ] as const) {
      const answer = await post(cut, path, body);
      expect(answer.status).toBe(422);
      expect(JSON.stringify(answer.body)).toContain('Document 1 is too long: its prompt goes beyond 512 tokens.');
    }
    const { body } = await post(cut, '/v2/rerank', { query, documents: ['a', 'long'], max_tokens_per_doc: 4096 });
    expect(body.results.map(({ truncated }: { truncated: boolean }) => truncated).toSorted()).toEqual([false, true]);
  });

  test('what is served, in the words of each protocol', async () => {
    const { handler } = served({ modelNames: ['one', 'two'], limits: { documents: 7 } }, { instruction: 'Find it' });
    expect((await get(handler, '/v2/info')).body).toMatchObject({
      model: 'one',
      max_documents: 7,
      instruction: 'Find it',
      key_required: false,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    for (const path of ['/v1/models', '/models']) {
      const { body } = await get(handler, path);
      expect(body).toMatchObject({ object: 'list', data: [{ id: 'one', object: 'model' }, { id: 'two' }] });
    }
    expect((await get(handler, '/info')).body).toMatchObject({ model_id: 'one', max_client_batch_size: 7 });
    expect((await get(handler, '/health')).body).toEqual({ status: 'ok' });
    expect((await get(handler, '/ready')).body).toEqual({ ready: true, state: 'ready' });
    expect((await post(handler, '/v2/rerank', { query, documents, model: 'two' })).body.model).toBe('one');
  });
});

/** A service whose model takes 512 tokens, and says of the document "long" that it was cut. */
function createCutting() {
  return createHandler(
    Reranker.fromEngine({
      info: { maxLength: 512 },
      score: ({ documents }) => ({
        logits: documents.map((_, index) => index),
        truncated: documents.map((text) => text === 'long'),
      }),
    }),
  );
}
