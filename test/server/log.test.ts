import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/errors.ts';
import { Reranker } from '../../src/reranker.ts';
import { createHandler, type LogEntry } from '../../src/server/index.ts';
import { get, post, served } from './support.ts';

/** What must never get into a log, as a word of every text of a request. */
const CANARY = 'canary7f3a';

test('an entry a request, with numbers and names', async () => {
  const { handler, log } = served();
  const { headers } = await post(handler, '/v1/rerank', { query: 'a', documents: ['a', 'b'], top_k: 1 });
  expect(log.at(-1)).toEqual({
    event: 'request',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    level: 'info',
    id: headers.get('x-request-id'),
    method: 'POST',
    path: '/v1/rerank',
    protocol: 'voyage',
    status: 200,
    milliseconds: expect.any(Number),
    documents: 2,
    promptTokens: expect.any(Number),
    error: undefined,
  });
});

test('no text of a request, whatever becomes of it', async () => {
  const { handler, reranker, log } = served({ limits: { documents: 3, documentCharacters: 200 } });
  const bodies = [
    { query: CANARY, documents: [CANARY], instruction: CANARY },
    { query: CANARY, documents: CANARY },
    { query: { [CANARY]: CANARY }, documents: [] },
    { query: 'a', documents: [CANARY.repeat(50)] },
    { query: 'a', documents: Array(4).fill(CANARY) },
    { query: 'a', documents: [{ [CANARY]: CANARY }] },
    { query: 'a', documents: [], [CANARY]: CANARY },
    { query: 'a', documents: [], model: CANARY },
    { query: CANARY, texts: [CANARY], truncate: CANARY },
    { text_1: CANARY, text_2: [[CANARY]] },
    `{"query": "${CANARY}`,
    CANARY,
  ];
  for (const path of ['/v2/rerank', '/v1/rerank', '/rerank', '/score', `/${CANARY}?q=${CANARY}`]) {
    for (const body of bodies) await post(handler, path, body);
  }
  for (const code of ERROR_CODES) {
    reranker.fail(code, { times: 1 });
    await post(handler, '/v2/rerank', bodies[0]);
  }
  await get(handler, `/${CANARY}`, { authorization: `Bearer ${CANARY}`, 'user-agent': CANARY });
  expect(log.length).toBeGreaterThan(70);
  expect(JSON.stringify(log)).not.toContain(CANARY);
  const metrics = await get(handler, '/metrics');
  expect(metrics.body).not.toContain(CANARY);
});

test("nor what an engine of one's own says of it", async () => {
  const log: LogEntry[] = [];
  const engine = {
    score: ({ documents }: { documents: readonly string[] }) =>
      Promise.reject(new Error(`cannot read ${documents[0]}`)),
  };
  const handler = createHandler(Reranker.fromEngine(engine), { log: (entry) => log.push(entry) });
  const answer = await post(handler, '/v2/rerank', { query: CANARY, documents: [CANARY] });
  expect(answer.status).toBe(500);
  expect(log.at(-1)).toMatchObject({ status: 500, error: { code: 'ENGINE_FAILED' } });
  expect(JSON.stringify([log, answer.body])).not.toContain(CANARY);
});

test('metrics are in the text format of Prometheus', async () => {
  const { handler } = served({ modelNames: ['a "quoted\\ name'] });
  await post(handler, '/v2/rerank', { query: 'a', documents: ['a'] });
  await post(handler, '/v2/rerank', { query: 'a' });
  await get(handler, '/nowhere');
  const { body, headers } = await get(handler, '/metrics');
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const value = String.raw`"(?:[^"\\\n]|\\["\\n])*"`;
  const sample = new RegExp(String.raw`^(\w+?)(?:_bucket|_sum|_count)?(\{\w+=${value}(,\w+=${value})*\})? [\d.e+-]+$`);
  const lines = (body as string).split('\n').slice(0, -1);
  const types = new Set(lines.flatMap((line) => /^# TYPE (\w+) (?:counter|gauge|histogram)$/.exec(line)?.[1] ?? []));
  for (const line of lines.filter((each) => !each.startsWith('#'))) {
    const [, base = '', whole = line.split(/[{ ]/)[0] ?? ''] = sample.exec(line) ?? [];
    expect(sample.test(line), line).toBe(true);
    expect(types.has(base) || types.has(whole), line).toBe(true);
  }
  expect(lines).toEqual(
    expect.arrayContaining([
      'rerankit_requests_total{path="/v2/rerank",protocol="cohere-v2",status="200"} 1',
      'rerankit_requests_total{path="/v2/rerank",protocol="cohere-v2",status="422"} 1',
      'rerankit_requests_total{path="other",protocol="",status="404"} 1',
      'rerankit_request_duration_seconds_count{path="/v2/rerank"} 2',
      'rerankit_request_duration_seconds_bucket{path="/v2/rerank",le="+Inf"} 2',
      'rerankit_documents_total 1',
      'rerankit_ready 1',
    ]),
  );
  expect(body).toContain('model="a \\"quoted\\\\ name"');
});
