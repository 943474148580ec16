import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { RerankitError } from '../../src/errors.ts';
import { createHandler, type LogEntry } from '../../src/server/index.ts';
import { PAGE_HEADERS } from '../../src/server/page/index.ts';
import { createTestReranker, type TestReranker } from '../../src/testing/index.ts';
import { get, post, served } from './support.ts';

const body = { query: 'a', documents: ['a', 'b'] };

describe('limits', () => {
  test('of bytes: 413, by the header and by what arrives', async () => {
    const { handler } = served({ limits: { bodyBytes: 100 } });
    const message = 'The body is too large: this server takes 100 bytes. Send fewer or shorter documents.';
    const long = JSON.stringify({ ...body, instruction: 'x'.repeat(100) });
    expect(await post(handler, '/v2/rerank', long, { headers: { 'content-length': `${long.length}` } })).toMatchObject({
      status: 413,
      body: { message },
    });
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(10).fill(0x20));
      },
    });
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', body: endless, headers, duplex: 'half' } as const;
    const response = await handler(new Request('http://localhost/rerank', init));
    expect([response.status, await response.json()]).toEqual([413, { error: message, error_type: 'Validation' }]);
    expect(pulled).toBeLessThan(20);
    expect((await post(handler, '/v2/rerank', body)).status).toBe(200);
  });

  test('of documents, queries and their lengths: 422', async () => {
    const { handler, reranker } = served({ limits: { documents: 2, queryCharacters: 3, documentCharacters: 4 } });
    for (const [path, given, message] of [
      ['/v2/rerank', { query: 'a', documents: ['a', 'b', 'c'] }, 'documents has 3 items; at most 2 are taken.'],
      ['/v2/rerank', { query: 'abcd', documents: [] }, 'query has 4 characters; at most 3 are taken.'],
      [
        '/v2/rerank',
        { query: 'a', documents: [], instruction: 'abcd' },
        'instruction has 4 characters; at most 3 are taken.',
      ],
      ['/v2/rerank', { query: 'a', documents: ['a', 'abcde'] }, 'documents[1] has 5 characters; at most 4 are taken.'],
      [
        '/v1/rerank',
        { query: 'a', documents: [{ text: 'abcde' }] },
        'documents[0] has 5 characters; at most 4 are taken.',
      ],
      ['/rerank', { query: 'a', texts: ['a', 'b', 'c'] }, 'texts has 3 items; at most 2 are taken.'],
      ['/score', { text_1: 'a', text_2: ['a', 'b', 'c'] }, 'text_2 has 3 items; at most 2 are taken.'],
      ['/score', { text_1: 'a', text_2: ['a', 'abcde'] }, 'text_2[1] has 5 characters; at most 4 are taken.'],
    ] as const) {
      const answer = await post(handler, path, given);
      expect(answer.status).toBe(422);
      expect(JSON.stringify(answer.body)).toContain(message);
    }
    expect(reranker.calls).toHaveLength(0);
  });

  test('of requests: some are worked on, some wait, the rest get 429 with Retry-After', async () => {
    const { handler, reranker } = served({ limits: { concurrentRequests: 2, waitingRequests: 1 } });
    reranker.hang();
    const first = [1, 2, 3].map(() => post(handler, '/v2/rerank', body));
    await delay(10);
    expect(reranker.calls).toHaveLength(2);
    const refused = await post(handler, '/v1/rerank', body);
    expect(refused).toMatchObject({ status: 429, body: { code: 'QUEUE_FULL' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    reranker.release();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test("the reranker's own queue: 429 too", async () => {
    const { handler } = served({}, { maxQueuedDocuments: 1 });
    const { status, headers } = await post(handler, '/rerank', { query: 'a', texts: ['a', 'b'] });
    expect([status, headers.get('retry-after')]).toEqual([429, '1']);
  });

  test('of time: 504, and the call leaves the reranker', async () => {
    const { handler, reranker } = served({ limits: { milliseconds: 30 } });
    reranker.hang();
    const answer = await post(handler, '/v2/rerank', body);
    expect(answer).toMatchObject({ status: 504, body: { message: expect.stringMatching(/took longer than 30 ms/) } });
    expect(reranker.stats()).toMatchObject({ openCalls: 0, queuedDocuments: 0 });
  });

  test('a client that sends slowly is cut off in time', async () => {
    const { handler } = served({ limits: { milliseconds: 30 } });
    const stuck = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) });
    const init = {
      method: 'POST',
      body: stuck,
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as const;
    expect((await handler(new Request('http://localhost/rerank', init))).status).toBe(504);
  });
});

describe('a client that hangs up', () => {
  test('frees its work, whether it is under way or waits', async () => {
    const { handler, reranker, log } = served({ limits: { concurrentRequests: 1 } });
    reranker.hang();
    const clients = [new AbortController(), new AbortController()];
    const asked = clients.map(({ signal }) => post(handler, '/v2/rerank', body, { signal }));
    await delay(10);
    expect(reranker.stats().openCalls).toBe(1);
    for (const client of clients) client.abort();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([499, 499]);
    expect(reranker.stats()).toMatchObject({ openCalls: 0, queuedDocuments: 0 });
    expect(reranker.calls).toHaveLength(1);
    expect(log.filter(({ event }) => event === 'request')).toMatchObject([{ status: 499 }, { status: 499 }]);
    reranker.reset();
    expect((await post(handler, '/v2/rerank', body)).status).toBe(200);
  });
});

describe('keys', () => {
  const apiKeys = ['sk-right-1', 'sk-right-2'];
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  test('are wanted wherever something is ranked or counted', async () => {
    const { handler } = served({ apiKeys });
    for (const path of ['/v2/rerank', '/v1/rerank', '/rerank', '/score', '/v1/score']) {
      const answer = await post(handler, path, body);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const path of ['/metrics', '/v1/models', '/models', '/info']) {
      expect((await get(handler, path)).status).toBe(401);
      expect((await get(handler, path, bearer('sk-right-2'))).status).toBe(200);
    }
    for (const path of ['/health', '/ready', '/openapi.json', '/v2/info'])
      expect((await get(handler, path)).status).toBe(200);
    expect((await get(handler, '/v2/info')).body.key_required).toBe(true);
  });

  test.each([
    ['sk-right-1', 200],
    ['sk-right-2', 200],
    ['sk-right', 401],
    ['sk-right-11', 401],
    ['', 401],
  ])('%j gives %i, everywhere', async (key, status) => {
    const { handler, log } = served({ apiKeys });
    expect((await post(handler, '/v2/rerank', body, { headers: bearer(key) })).status).toBe(status);
    expect((await get(handler, '/v2/info', bearer(key))).status).toBe(status);
    expect(JSON.stringify(log)).not.toContain('sk-');
  });

  test('without any, none is wanted, and one that is sent does no harm', async () => {
    const { handler } = served();
    expect((await post(handler, '/v2/rerank', body, { headers: bearer('x') })).status).toBe(200);
  });

  test('a request without a key is not read', async () => {
    const { handler } = served({ apiKeys });
    const init = {
      method: 'POST',
      body: new ReadableStream({ pull: () => expect.unreachable() }, { highWaterMark: 0 }),
      duplex: 'half',
    } as const;
    expect((await handler(new Request('http://localhost/rerank', init))).status).toBe(401);
  });
});

describe('browsers', () => {
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  const url = 'http://localhost/v2/rerank';

  test('of other origins are told nothing by default', async () => {
    const { handler } = served();
    const response = await handler(new Request(url, preflight('https://a.example')));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    const answer = await post(handler, '/v2/rerank', body, { headers: { origin: 'https://a.example' } });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('may ask from the origins that were named', async () => {
    const { handler } = served({ cors: ['https://a.example'], apiKeys: ['k'] });
    const allowed = await handler(new Request(url, preflight('https://a.example')));
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-headers': expect.stringContaining('authorization'),
      vary: 'origin',
    });
    const other = await handler(new Request(url, preflight('https://b.example')));
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([401, null]);
    const refused = await post(handler, '/v2/rerank', body, { headers: { origin: 'https://a.example' } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, 'https://a.example']);
  });

  test('of all origins, if that is wanted', async () => {
    const { handler } = served({ cors: '*' });
    const { headers } = await post(handler, '/v2/rerank', body, { headers: { origin: 'https://b.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });

  test('cannot send JSON under another name, which needs no preflight', async () => {
    const { handler, reranker } = served();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/plain;application/json', '']) {
      expect((await post(handler, '/v2/rerank', body, { headers: { 'content-type': type } })).status).toBe(415);
    }
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.api+json']) {
      expect((await post(handler, '/v2/rerank', body, { headers: { 'content-type': type } })).status).toBe(200);
    }
    const compressed = await post(handler, '/v2/rerank', body, { headers: { 'content-encoding': 'gzip' } });
    expect(compressed.status).toBe(415);
    expect(reranker.calls).toHaveLength(3);
  });
});

describe('life', () => {
  test('loading, ready, draining', async () => {
    let loaded = (_: TestReranker): void => {};
    const log: LogEntry[] = [];
    const loading = new Promise<TestReranker>((resolve) => {
      loaded = resolve;
    });
    const handler = createHandler(loading, { log: (entry) => log.push(entry) });
    const ready = () => get(handler, '/ready');
    expect(await ready()).toMatchObject({ status: 503, body: { ready: false, state: 'loading' } });
    expect((await get(handler, '/health')).status).toBe(200);
    expect((await get(handler, '/metrics')).body).toMatch(/\nrerankit_ready 0\n/);
    const early = await post(handler, '/v2/rerank', body);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    expect(early.body).toEqual({ message: 'The model is still loading.' });
    expect((await get(handler, '/v2/info')).status).toBe(503);

    const reranker = createTestReranker();
    loaded(reranker);
    await delay(0);
    expect([handler.state, (await ready()).status]).toEqual(['ready', 200]);
    reranker.hang();
    const under = post(handler, '/v2/rerank', body);
    await delay(0);

    let drained = false;
    const draining = handler.drain().then(() => {
      drained = true;
    });
    expect(await ready()).toMatchObject({ status: 503, body: { ready: false, state: 'draining' } });
    expect(await post(handler, '/rerank', body)).toMatchObject({ status: 503, body: { error_type: 'Unhealthy' } });
    expect(drained).toBe(false);
    reranker.release();
    expect((await under).status).toBe(200);
    await draining;
    await handler.drain();
    expect((await reranker.rerank('a', ['a'])).results).toHaveLength(1);
    await handler.dispose();
    await expect(reranker.rerank('a', ['a'])).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(log.flatMap((entry) => (entry.event === 'state' ? [entry.state] : []))).toEqual(['ready', 'draining']);
  });

  test('a model that cannot be loaded', async () => {
    const log: LogEntry[] = [];
    const failed = Promise.reject(new RerankitError('MODEL_NOT_FOUND', 'There is no such model.'));
    const handler = createHandler(failed, { log: (entry) => log.push(entry) });
    await delay(0);
    expect(handler.state).toBe('failed');
    expect(await post(handler, '/v2/rerank', body)).toMatchObject({ status: 503 });
    const error = { name: 'RerankitError', code: 'MODEL_NOT_FOUND', message: 'There is no such model.' };
    expect(log[0]).toMatchObject({ event: 'state', state: 'failed', level: 'error', error });
    await handler.dispose();
  });

  test('draining before the model has been loaded', async () => {
    const handler = createHandler(
      new Promise<TestReranker>((resolve) => setTimeout(() => resolve(createTestReranker()), 10)),
    );
    await handler.dispose();
    expect(handler.state).toBe('draining');
  });
});

describe('paths', () => {
  test('what is not there: 404; by another method: 405', async () => {
    const { handler } = served();
    expect((await get(handler, '/nowhere')).status).toBe(404);
    const wrong = await get(handler, '/v2/rerank');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const posted = await post(handler, '/v2/info', {});
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await handler(new Request('http://localhost/health', { method: 'HEAD' }));
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('below a path of the framework', async () => {
    const { handler } = served({ basePath: '/api/ai/' });
    expect((await post(handler, '/api/ai/v2/rerank', body)).status).toBe(200);
    for (const path of ['/v2/rerank', '/api/aiv2/rerank', '/api'])
      expect((await post(handler, path, body)).status).toBe(404);
    expect((await get(handler, '/api/ai/openapi.json')).body.servers).toEqual([{ url: '/api/ai' }]);
  });

  test("the client's name of a request comes back, unless it is odd", async () => {
    const { handler } = served();
    const named = await post(handler, '/v2/rerank', body, { headers: { 'x-request-id': 'abc-1.2:3' } });
    expect([named.headers.get('x-request-id'), named.body.id]).toEqual(['abc-1.2:3', 'abc-1.2:3']);
    const odd = await post(handler, '/v2/rerank', body, { headers: { 'x-request-id': 'a b<script>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the web page', () => {
  test('is there if it is wanted, for everybody, with its headers', async () => {
    const { handler, log } = served({ page: true, apiKeys: ['k'], basePath: '/ai' });
    const index = await get(handler, '/ai/');
    expect([index.status, index.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    for (const [name, value] of Object.entries(PAGE_HEADERS)) expect(index.headers.get(name)).toBe(value);
    const scripts = [...index.body.matchAll(/(?:src|href)="(page\/[^"]+)"/g)].map(([, path]) => path);
    expect(scripts.length).toBeGreaterThan(1);
    for (const path of scripts) expect((await get(handler, `/ai/${path}`)).status).toBe(200);
    expect((await get(handler, '/ai/page/none.js')).status).toBe(404);
    expect(new Set(log.map((entry) => entry.event === 'request' && entry.path))).toEqual(
      new Set([false, '/', undefined]),
    );
  });

  test('is not there by default', async () => {
    const { handler } = served();
    for (const path of ['/', '/page/main.js']) expect((await get(handler, path)).status).toBe(404);
  });
});

describe('failures of the model', () => {
  test.each([
    ['ENGINE_FAILED', 500],
    ['ENGINE_CRASHED', 503],
    ['PROMPT_TOO_LONG', 422],
    ['REMOTE_UNAUTHORIZED', 502],
    ['REMOTE_UNAVAILABLE', 503],
  ] as const)('%s: %i', async (code, status) => {
    const { handler, reranker } = served();
    reranker.fail(code);
    const answer = await post(handler, '/v2/rerank', body);
    expect(answer).toMatchObject({ status, body: { code } });
    if (status >= 500) expect(answer.body.message).toBe(`The server failed to rank (${code}); its log tells more.`);
  });

  test('what else goes wrong is told to nobody but the log', async () => {
    const log: LogEntry[] = [];
    const reranker = Object.assign(createTestReranker(), { rerank: () => Promise.reject(new TypeError('SECRET')) });
    const handler = createHandler(reranker, { log: (entry) => log.push(entry) });
    const answer = await post(handler, '/v2/rerank', body);
    expect(answer).toMatchObject({ status: 500, body: { message: 'The server failed to rank; its log tells more.' } });
    expect(log.at(-1)).toMatchObject({
      level: 'error',
      error: { name: 'TypeError', stack: expect.arrayContaining([expect.stringMatching(/^at /)]) },
    });
    expect(JSON.stringify([answer.body, log])).not.toContain('SECRET');
  });

  test('a log that throws', async () => {
    const { handler } = served({
      log: () => {
        throw new Error('the disk is full');
      },
    });
    expect((await post(handler, '/v2/rerank', body)).status).toBe(200);
  });
});

describe('options', () => {
  test.each([
    [
      { apiKeys: [''] },
      /apiKeys of createHandler must be a list of keys, each of at least one character, all printable ASCII without spaces\./,
    ],
    [{ apiKeys: ['a b'] }, /apiKeys/],
    [{ modelNames: [] }, /modelNames/],
    [{ cors: ['example.com'] }, /cors/],
    [{ basePath: 'api' }, /basePath/],
    [
      { limits: { documents: 0 } },
      /The option documents of createHandler \(limits\) must be an integer, at least 1, not 0\./,
    ],
    [{ limits: { docs: 1 } }, /createHandler \(limits\) has no option "docs"/],
    [{ keys: [] }, /createHandler has no option "keys"/],
  ])('%j is refused', (options, message) => {
    expect(() => createHandler(createTestReranker(), options as object)).toThrow(message);
  });

  test('a reranker that is none', () => {
    expect(() => createHandler({ rerank() {} } as unknown as TestReranker)).toThrow(
      /must be a Reranker or a promise of one/,
    );
  });
});
