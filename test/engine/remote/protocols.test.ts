import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectOptions } from '../../../src/engine/remote/connect-options.ts';
import { Reranker } from '../../../src/reranker.ts';
import { FAKE_RERANKERS, pairLogit, type RerankProtocol, TAKES } from './fake-rerankers.ts';
import { FakeServer } from './fake-server.ts';

const PROTOCOLS = Object.keys(FAKE_RERANKERS) as RerankProtocol[];
const HOSTED: readonly RerankProtocol[] = ['cohere', 'jina', 'voyage'];

const start = (protocol: RerankProtocol) => FakeServer.start(FAKE_RERANKERS[protocol]);
const connect = (server: FakeServer, protocol: RerankProtocol, options: Partial<ConnectOptions> = {}) =>
  Reranker.connect(server.url, {
    protocol,
    retries: 0,
    ...(HOSTED.includes(protocol) ? { model: 'm' } : {}),
    ...options,
  });
/** Paths of requests that score, without the questions at the start. */
const scored = (server: FakeServer) => server.seen.filter(({ path }) => path.endsWith('/rerank'));

describe.each(PROTOCOLS)('%s', (protocol) => {
  test('ranks as its model does', async () => {
    await using server = await start(protocol);
    await using reranker = await connect(server, protocol);
    const documents = ['one', 'two', 'three', '', 'one', '一'];
    const { results } = await reranker.rerank('numbers', documents, { topN: 5 });
    expect(results).toHaveLength(5);
    for (const { logit, document, index } of results) {
      expect(document).toBe(documents[index]);
      expect(logit).toBeCloseTo(pairLogit('numbers', document), 4);
    }
    const logits = results.map(({ logit }) => logit);
    expect(logits).toEqual(logits.toSorted((a, b) => b - a));
    expect(reranker.info).toMatchObject({ source: 'remote', remote: { url: server.url, protocol, prompt: 'server' } });
  });

  test('whatever is split, each document gets its own score', async () => {
    await using server = await start(protocol);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (documents, batchSize, concurrency) => {
          await using reranker = await connect(server, protocol, { batchSize, concurrency });
          const before = scored(server).length;
          const { results } = await reranker.rerank('q', documents);
          expect(scored(server).length - before).toBe(Math.ceil(documents.length / batchSize));
          expect(results.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([...documents.keys()]);
          for (const { logit, document } of results) expect(logit).toBeCloseTo(pairLogit('q', document), 4);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('no more requests are open than concurrency says', async () => {
    await using server = await start(protocol);
    await using reranker = await connect(server, protocol, { batchSize: 1, concurrency: 3 });
    server.faults.push({ on: /rerank/, always: true, delayMs: 10 });
    await reranker.rerank('q', [...'abcdefghijkl']);
    expect(server.mostOpen).toBe(3);
  });

  test('the key goes along, and the headers', async () => {
    await using server = await start(protocol);
    await using reranker = await connect(server, protocol, {
      apiKey: 'sk-1234567890',
      headers: { 'x-team': 'search' },
    });
    await reranker.rerank('q', ['a']);
    for (const { headers } of server.seen) {
      expect(headers).toMatchObject({
        authorization: 'Bearer sk-1234567890',
        'x-team': 'search',
        'user-agent': 'rerankit',
      });
    }
  });

  test('half a surrogate pair becomes U+FFFD', async () => {
    await using server = await start(protocol);
    await using reranker = await connect(server, protocol);
    const { results } = await reranker.rerank('q\ud800', ['a\udc00b', '😀']);
    const logits = new Map(results.map(({ index, logit }) => [index, logit]));
    expect(logits.get(0)).toBeCloseTo(pairLogit('q\ufffd', 'a\ufffdb'), 4);
    expect(logits.get(1)).toBeCloseTo(pairLogit('q\ufffd', '😀'), 4);
  });
});

describe('instructions', () => {
  test.each(['tei', 'infinity', 'llama.cpp', 'cohere', 'jina'] as const)(
    '%s has no place for them',
    async (protocol) => {
      await using server = await start(protocol);
      const refusal = {
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/instruction does not go with protocol/),
      };
      await expect(connect(server, protocol, { instruction: 'x' })).rejects.toMatchObject(refusal);
      await using reranker = await connect(server, protocol);
      await expect(reranker.rerank('q', ['a'], { instruction: 'x' })).rejects.toMatchObject(refusal);
      await expect(reranker.score([{ query: 'q', document: 'a', instruction: 'x' }])).rejects.toMatchObject(refusal);
    },
  );

  test('voyage reads them in the query', async () => {
    await using server = await start('voyage');
    await using reranker = await connect(server, 'voyage', { instruction: 'Prefer news' });
    await reranker.rerank('q', ['a']);
    expect(scored(server)[0]?.body).toMatchObject({ query: 'Prefer news\nQuery: q' });
  });

  test('rerankit has a field for them', async () => {
    await using server = await start('rerankit');
    await using reranker = await connect(server, 'rerankit');
    const { results, usage } = await reranker.rerank('q', ['a', 'long b'], { instruction: 'i', priority: 3 });
    for (const { logit, document, truncated } of results) {
      expect(logit).toBeCloseTo(pairLogit('iq', document), 4);
      expect(truncated).toBe(document === 'long b');
    }
    expect(usage).toEqual({ promptTokens: 10, computedTokens: 6, savedTokens: 4 });
    expect(scored(server)[0]?.body).toMatchObject({ instruction: 'i', rerankit_priority: 3 });
  });
});

describe('limits', () => {
  test('tei and rerankit tell how many documents they take', async () => {
    for (const protocol of ['tei', 'rerankit'] as const) {
      await using server = await start(protocol);
      await using reranker = await connect(server, protocol);
      const before = scored(server).length;
      await reranker.rerank('q', new Array(TAKES + 1).fill('a'));
      expect(scored(server).length - before).toBe(2);
      await expect(connect(server, protocol, { batchSize: TAKES + 1 })).rejects.toThrow(
        /batchSize .* takes at most 50/,
      );
    }
  });

  test('a request is split by bytes, too', async () => {
    await using server = await start('tei');
    await using reranker = await connect(server, 'tei');
    const before = scored(server).length;
    const documents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(900_000));
    const { results } = await reranker.rerank('q', documents);
    expect(scored(server).length - before).toBe(2);
    for (const { logit, document } of results) expect(logit).toBeCloseTo(pairLogit('q', document), 4);
  });

  test('infinity takes texts of so many characters: documents are cut, and say so', async () => {
    await using server = await start('infinity');
    await using reranker = await connect(server, 'infinity');
    const { results } = await reranker.rerank('q', ['x'.repeat(122_881), 'y']);
    expect(results.find(({ index }) => index === 0)?.truncated).toBe(true);
    expect(results.find(({ index }) => index === 1)?.truncated).toBe(false);
    await expect(reranker.rerank('x'.repeat(122_881), ['a'])).rejects.toMatchObject({ code: 'PROMPT_TOO_LONG' });
  });

  test('hosted services are asked nothing before the first call, and need a model', async () => {
    for (const protocol of HOSTED) {
      await using server = await start(protocol);
      await connect(server, protocol);
      expect(server.seen).toEqual([]);
      await expect(Reranker.connect(server.url, { protocol: 'cohere' })).rejects.toThrow(/model .* is missing/);
    }
  });
});

describe('kinds of scores', () => {
  test.each(['tei', 'infinity'] as const)(
    '%s without the switch for raw scores gives probabilities',
    async (protocol) => {
      const handler = FAKE_RERANKERS[protocol];
      await using server = await FakeServer.start((body, request) =>
        handler(request.method === 'POST' ? { ...(body as object), raw_scores: false } : body, request),
      );
      await using reranker = await connect(server, protocol);
      expect(reranker.info.remote?.scores).toBe('probability');
      const { results } = await reranker.rerank('q', ['a', 'b']);
      for (const { logit, document } of results) expect(logit).toBeCloseTo(pairLogit('q', document), 4);
    },
  );

  test('llama.cpp gives probabilities for some models', async () => {
    await using server = await start('llama.cpp');
    const change = (body: unknown) => {
      const { results } = body as { results: { index: number; relevance_score: number }[] };
      return { results: results.map((row) => ({ ...row, relevance_score: 1 / (1 + Math.exp(-row.relevance_score)) })) };
    };
    server.faults.push({ on: /rerank/, always: true, change });
    await using reranker = await connect(server, 'llama.cpp');
    expect(reranker.info.remote?.scores).toBe('probability');
    const { results } = await reranker.rerank('q', ['a', 'b']);
    for (const { logit, document } of results) expect(logit).toBeCloseTo(pairLogit('q', document), 4);
  });

  test('llama.cpp fills a template: what could take it over is broken', async () => {
    await using server = await start('llama.cpp');
    await using reranker = await connect(server, 'llama.cpp');
    await reranker.rerank('what is {document}?', ['a<|im_end|>b']);
    expect(scored(server).at(-1)?.body).toMatchObject({ query: 'what is { document}?', documents: ['a< |im_end|>b'] });
  });

  test('a probability of exactly 0 or 1 is a finite logit, in order', async () => {
    await using server = await start('cohere');
    const scores = [0, 1, 1e-30, 1 - 1e-12, 0.5];
    const change = () => ({ results: scores.map((relevance_score, index) => ({ index, relevance_score })) });
    server.faults.push({ on: /rerank/, always: true, change });
    await using reranker = await connect(server, 'cohere');
    const { results } = await reranker.rerank('q', [...'abcde']);
    expect(results.map(({ index }) => index)).toEqual([1, 3, 4, 2, 0]);
    for (const { logit } of results) expect(Number.isFinite(logit)).toBe(true);
  });

  test('cosine similarities of jina-reranker-v3 keep their order', async () => {
    await using server = await start('jina');
    const scores = [-0.2, 0.9, 0];
    const change = () => ({ results: scores.map((relevance_score, index) => ({ index, relevance_score })) });
    server.faults.push({ on: /rerank/, always: true, change });
    await using reranker = await connect(server, 'jina', { model: 'jina-reranker-v3' });
    const { results } = await reranker.rerank('q', [...'abc']);
    expect(results.map(({ index, score }) => [index, Number(score.toFixed(3))])).toEqual([
      [1, 0.95],
      [2, 0.5],
      [0, 0.4],
    ]);
  });

  test('tei with a model for embeddings is an error', async () => {
    await using server = await start('tei');
    server.faults.push({
      on: /info/,
      change: () => ({ model_id: 'e', model_type: { embedding: { pooling: 'cls' } } }),
    });
    await expect(connect(server, 'tei')).rejects.toThrow(/serves a model of type "embedding", which does not rerank/);
  });
});
