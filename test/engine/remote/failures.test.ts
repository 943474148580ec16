import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectOptions } from '../../../src/engine/remote/connect-options.ts';
import { Reranker } from '../../../src/reranker.ts';
import { FAKE_RERANKERS, pairLogit } from './fake-rerankers.ts';
import { FakeServer, type Fault } from './fake-server.ts';

const KEY = 'sk-1234567890abcdef';
const start = () => FakeServer.start(FAKE_RERANKERS.cohere);
const connect = (server: { readonly url: string }, options: Partial<ConnectOptions> = {}) =>
  Reranker.connect(server.url, { protocol: 'cohere', model: 'm', apiKey: KEY, ...options });

/** Ranks with one fault, and gives what came of it. */
async function outcome(fault: Omit<Fault, 'on'>, options: Partial<ConnectOptions> = {}) {
  await using server = await start();
  server.faults.push({ on: /rerank/, ...fault });
  await using reranker = await connect(server, options);
  const outcome = await reranker.rerank('q', ['a', 'b', 'c']).catch((error: Error) => error);
  return { outcome, requests: server.seen.length };
}

const results = (rows: readonly (readonly [unknown, unknown])[]) => () => ({
  results: rows.map(([index, relevance_score]) => ({ index, relevance_score })),
});

describe('tries', () => {
  test.each([429, 502, 503, 504])('%i is tried again, when the server says so', async (status) => {
    const { outcome: ranking, requests } = await outcome({ status, headers: { 'retry-after': '0' } });
    expect(ranking).toMatchObject({ results: [{}, {}, {}] });
    expect(requests).toBe(2);
  });

  test('a date says when, too; one in the past means now', async () => {
    const { requests } = await outcome({ status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' } });
    expect(requests).toBe(2);
  });

  test.each([{ cutAfter: 0 }, { cutAfter: 10 }])('a connection that is lost (%j) is tried again', async (fault) => {
    const { outcome: ranking, requests } = await outcome(fault);
    expect(ranking).toMatchObject({ results: [{}, {}, {}] });
    expect(requests).toBe(2);
  });

  test.each([400, 401, 403, 404, 408, 413, 422, 500, 501])('%i is not tried again', async (status) => {
    const { outcome: error, requests } = await outcome({ status, text: '{"message":"because"}' });
    const code = status === 401 || status === 403 ? 'REMOTE_UNAUTHORIZED' : 'REMOTE_FAILED';
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(`answered /v2/rerank with ${status}: "because"`),
    });
    expect(requests).toBe(1);
  });

  test('after the last try the error tells what the server said', async () => {
    const fault = { status: 429, headers: { 'retry-after': '0' }, text: '{"message":"slow down"}', always: true };
    const { outcome: error, requests } = await outcome(fault, { retries: 2 });
    expect(error).toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
      message: expect.stringMatching(/429: "slow down" \(3 tries\)/),
    });
    expect(requests).toBe(3);
  });

  test('a server that is not there is an error that names it', async () => {
    const free = createServer();
    await new Promise<void>((done) => free.listen(0, '127.0.0.1', done));
    const { port } = free.address() as AddressInfo;
    await new Promise((done) => free.close(done));
    await using reranker = await connect({ url: `http://127.0.0.1:${port}` }, { retries: 0 });
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
      message: expect.stringMatching(`http://127.0.0.1:${port} could not be reached.*ECONNREFUSED`),
    });
  });
});

describe('deadlines and aborts', () => {
  test.each([{ hang: true }, { delayMs: 500 }])('a request that takes too long (%j) is given up', async (fault) => {
    await using server = await start();
    server.faults.push({ on: /rerank/, ...fault });
    await using reranker = await connect(server, { timeout: 50 });
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
      message: expect.stringMatching(/did not answer \/v2\/rerank within 50 ms/),
    });
    await expect.poll(() => server.given_up).toBe(1);
    await expect(reranker.rerank('q', ['a'])).resolves.toMatchObject({ results: [{ index: 0 }] });
  });

  test('an abort reaches the socket, and the rest of the call is not sent', async () => {
    await using server = await start();
    server.faults.push({ on: /rerank/, always: true, hang: true });
    await using reranker = await connect(server, { batchSize: 1, concurrency: 2 });
    const abort = new AbortController();
    const call = reranker.rerank('q', [...'abcdef'], { signal: abort.signal });
    call.catch(() => {});
    await expect.poll(() => server.seen.length).toBe(2);
    abort.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await expect.poll(() => server.given_up).toBe(2);
    expect(server.seen).toHaveLength(2);
  });

  test('an abort ends the wait between tries', async () => {
    await using server = await start();
    server.faults.push({ on: /rerank/, always: true, status: 429, headers: { 'retry-after': '50' } });
    await using reranker = await connect(server);
    const abort = new AbortController();
    const call = reranker.rerank('q', ['a'], { signal: abort.signal });
    call.catch(() => {});
    await expect.poll(() => server.seen.length).toBe(1);
    abort.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });

  test('connecting is given up, too', async () => {
    await using server = await FakeServer.start(FAKE_RERANKERS.tei);
    server.faults.push({ on: /info/, hang: true });
    const signal = AbortSignal.timeout(30);
    await expect(Reranker.connect(server.url, { protocol: 'tei', signal })).rejects.toThrow('due to timeout');
    await expect(Reranker.connect(server.url, { protocol: 'tei', signal: AbortSignal.abort(7) })).rejects.toBe(7);
  });

  test('dispose waits for what is under way, and refuses the rest', async () => {
    await using server = await start();
    server.faults.push({ on: /rerank/, delayMs: 50 });
    const reranker = await connect(server);
    const call = reranker.rerank('q', ['a']);
    await reranker.dispose();
    await expect(call).resolves.toMatchObject({ results: [{}] });
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});

describe('answers that are none', () => {
  test.each<[string, Omit<Fault, 'on'>, RegExp]>([
    ['not JSON', { text: '<html>' }, /with something that is not JSON/],
    ['empty', { text: '' }, /with nothing/],
    ['null', { text: 'null' }, /undefined where a list of results belongs/],
    ['of another protocol', { change: () => ({ data: [] }) }, /undefined where a list of results belongs/],
    [
      'a number too few',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
        ]),
      },
      /2 results for 3 documents/,
    ],
    [
      'a number too many',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [2, 0.5],
          [2, 0.5],
        ]),
      },
      /4 results for 3 documents/,
    ],
    [
      'an index twice',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [1, 0.5],
        ]),
      },
      /two results of document 1/,
    ],
    [
      'an index beyond',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [3, 0.5],
        ]),
      },
      /3 as the index of a result for 3/,
    ],
    [
      'a negative index',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [-1, 0.5],
        ]),
      },
      /-1 as the index/,
    ],
    [
      'half an index',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [1.5, 0.5],
        ]),
      },
      /1.5 as the index/,
    ],
    [
      'an index as a string',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          ['2', 0.5],
        ]),
      },
      /"2" as the index/,
    ],
    [
      'no index',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [undefined, 0.5],
        ]),
      },
      /undefined as the index/,
    ],
    [
      'no number',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [2, Number.NaN],
        ]),
      },
      /null as the score of document 2/,
    ],
    [
      'a score as a string',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [2, '0.5'],
        ]),
      },
      /"0.5" as the score/,
    ],
    ['a score beyond all numbers', { text: '{"results":[{"index":0,"relevance_score":1e999}]}' }, /1 results for 3/],
    [
      'no probability',
      {
        change: results([
          [0, 0.5],
          [1, 0.5],
          [2, 3],
        ]),
      },
      /the score 3 for document 2 where a probability/,
    ],
  ])('%s', async (_, fault, message) => {
    const { outcome: error, requests } = await outcome(fault);
    expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringMatching(message) });
    expect(requests).toBe(1);
  });

  test('too long', async () => {
    const endless = createServer((_, response) => {
      const send = (): void => {
        while (response.write(' '.repeat(1 << 20)));
        response.once('drain', send);
      };
      send();
    });
    await new Promise<void>((done) => endless.listen(0, '127.0.0.1', done));
    await using reranker = await connect({ url: `http://127.0.0.1:${(endless.address() as AddressInfo).port}` });
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      message: expect.stringMatching(/more than 33554432 bytes/),
    });
    endless.closeAllConnections();
    endless.close();
  });

  test('any order is put right', async () => {
    await using server = await start();
    await using reranker = await connect(server);
    const documents = [...'abcdefgh'];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...documents.keys()], { minLength: 8 }), async (order) => {
        server.faults.push({
          on: /rerank/,
          change: (body) => {
            const rows = (body as { results: { index: number }[] }).results;
            return { results: order.map((at) => rows[at]) };
          },
        });
        const { scores } = await reranker.score(documents.map((document) => ({ query: 'q', document })));
        for (const [at, { logit }] of scores.entries())
          expect(logit).toBeCloseTo(pairLogit('q', documents[at] ?? ''), 4);
      }),
      { numRuns: 20 },
    );
  });
});

describe('secrets', () => {
  test.each([
    { status: 401, text: JSON.stringify({ message: `Incorrect API key provided: ${KEY}` }) },
    { status: 400, text: JSON.stringify({ error: { message: `bad header Bearer ${KEY}` } }) },
    { status: 503, headers: { 'retry-after': '0' }, always: true, text: JSON.stringify({ message: KEY }) },
  ])('a key that the server repeats does not get into the error: %j', async (fault) => {
    const { outcome: error } = await outcome(fault);
    expect(error).toBeInstanceOf(Error);
    const { message, stack, cause } = error as Error;
    expect(message).toContain('[secret]');
    expect(JSON.stringify([message, stack, String(cause)])).not.toContain(KEY);
  });

  test.each([301, 302, 307, 308])('a redirect (%i) to another server is not followed', async (status) => {
    await using other = await start();
    await using server = await start();
    server.faults.push({ on: /rerank/, status, headers: { location: `${other.url}/v2/rerank?token=1` } });
    await using reranker = await connect(server);
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      message: expect.stringMatching(`redirects /v2/rerank to ${other.url}/v2/rerank, which is not followed`),
    });
    expect(other.seen).toEqual([]);
  });

  test('a redirect on the same server is followed as it was', async () => {
    await using server = await FakeServer.start((body, request) =>
      FAKE_RERANKERS.cohere(body, { ...request, path: request.path.replace('/new', '') }),
    );
    server.faults.push({ on: /^\/v2/, status: 307, headers: { location: '/new/v2/rerank' } });
    await using reranker = await connect(server);
    await expect(reranker.rerank('q', ['a'])).resolves.toMatchObject({ results: [{ index: 0 }] });
    expect(server.seen.map(({ path, method }) => `${method} ${path}`)).toEqual([
      'POST /v2/rerank',
      'POST /new/v2/rerank',
    ]);
  });

  test('a redirect in circles ends', async () => {
    const { outcome: error } = await outcome({ status: 308, headers: { location: '/v2/rerank' }, always: true });
    expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringMatching(/in circles/) });
  });
});

describe("a caller's own fetch", () => {
  test('is the transport', async () => {
    await using server = await start();
    const urls: string[] = [];
    const own: typeof fetch = (url, init) => {
      urls.push(String(url));
      return fetch(url, init);
    };
    await using reranker = await connect(server, { fetch: own });
    await reranker.rerank('q', ['a']);
    expect(urls).toEqual([`${server.url}/v2/rerank`]);
  });

  test('what it throws is a lost connection', async () => {
    const own = () => Promise.reject(new Error(`no way with ${KEY}`));
    await using reranker = await connect({ url: 'http://127.0.0.1:1' }, { fetch: own, retries: 0 });
    const error = await reranker.rerank('q', ['a']).catch((error: Error) => error);
    expect(error).toMatchObject({
      code: 'REMOTE_UNAVAILABLE',
      message: expect.stringMatching(/no way with \[secret\]/),
    });
  });
});
