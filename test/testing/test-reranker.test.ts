import { afterEach, expect, expectTypeOf, test, vi } from 'vitest';
import { Reranker, RerankitError } from '../../src/index.ts';
import {
  createTestReranker,
  lexicalScore,
  type TestReranker,
  type TestRerankerOptions,
} from '../../src/testing/index.ts';
import { stateOf } from '../scoring/support.ts';

const DOCUMENTS = ['bread needs an oven', 'git reset undoes a commit', '提交可以撤销'];

afterEach(() => {
  vi.useRealTimers();
});

test('it is a Reranker, in type and in class', async () => {
  expectTypeOf<TestReranker>().toExtend<Reranker>();
  const reranker: Reranker = createTestReranker();
  expect(reranker).toBeInstanceOf(Reranker);
  expect(reranker.info).toMatchObject({ model: 'test', source: 'engine' });
  await using disposable = createTestReranker({ model: 'mine' });
  expect(disposable.info.model).toBe('mine');
});

test('scores are by the words, and the same every time', async () => {
  const reranker = createTestReranker();
  const { results, usage } = await reranker.rerank('undoes commit', DOCUMENTS);
  expect(results[0]?.document).toBe(DOCUMENTS[1]);
  for (const { document, score } of results) expect(score).toBeCloseTo(lexicalScore('undoes commit', document), 12);
  expect(usage).toEqual({ promptTokens: 20, computedTokens: 16, savedTokens: 4 });
  expect(await reranker.rerank('undoes commit', DOCUMENTS)).toEqual({ results, usage });
});

test('checks, options and results are the real ones', async () => {
  const reranker = createTestReranker();
  const objects = DOCUMENTS.map((body) => ({ body }));
  const { results } = await reranker.rerank('撤销', objects, { text: ({ body }) => body, topN: 1, minScore: 0.5 });
  expect(results).toEqual([
    { index: 2, document: objects[2], logit: 4, score: lexicalScore('a', 'a'), truncated: false },
  ]);
  expect(results[0]?.document).toBe(objects[2]);
  await expect(reranker.rerank('q', objects as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(reranker.rerank('q', [], { topK: 1 } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  const full = createTestReranker({ maxQueuedDocuments: 2 });
  await expect(full.rerank('q', DOCUMENTS)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  await full.dispose();
  await expect(full.rerank('q', [])).rejects.toMatchObject({ code: 'DISPOSED' });
});

test('calls are recorded, with what became of them', async () => {
  const reranker = createTestReranker({ instruction: 'Own' });
  const documents = ['a', 'b'];
  const options = { topN: 1 };
  const result = await reranker.rerank('a', documents, options);
  documents.push('c');
  const own = await reranker.score([{ query: 'q', document: 'd', instruction: 'I' }]);
  await reranker.rerank('a', [], { instruction: 'Find' });
  const refused = await reranker.rerank(5 as never, null as never).catch((error: unknown) => error);
  void reranker.rerank('pending', ['x']);
  const none = { pairs: undefined, error: undefined };
  expect(reranker.calls).toEqual([
    {
      method: 'rerank',
      query: 'a',
      documents: ['a', 'b'],
      instruction: 'Own',
      options,
      state: 'resolved',
      result,
      ...none,
    },
    {
      ...{ method: 'score', query: undefined, documents: ['d'], instruction: 'Own', options: {}, state: 'resolved' },
      ...{ pairs: [{ query: 'q', document: 'd', instruction: 'I' }], result: own, error: undefined },
    },
    expect.objectContaining({ query: 'a', documents: [], instruction: 'Find', options: { instruction: 'Find' } }),
    expect.objectContaining({ query: 5, documents: [], state: 'rejected', result: undefined, error: refused }),
    expect.objectContaining({ query: 'pending', state: 'pending', result: undefined, error: undefined }),
  ]);
  expect(refused).toMatchObject({ code: 'INVALID_INPUT' });
  const { calls } = reranker;
  reranker.reset();
  expect([calls, reranker.calls]).toEqual([[], []]);
});

const scoresOf = async (reranker: Reranker, documents = ['a', 'b', 'c']): Promise<number[]> => {
  const { scores } = await reranker.score(documents.map((document, at) => ({ query: `q${at % 2}`, document })));
  return scores.map(({ score }) => Math.round(score * 1e9) / 1e9);
};

test('given scores: by place, by text, by function; 0 and 1 among them', async () => {
  const reranker = createTestReranker({ scores: [0.2, 1, 0] });
  expect(await scoresOf(reranker)).toEqual([0.2, 1, 0]);
  const { results } = await reranker.rerank('q', ['a', 'b', 'c']);
  expect(results.map(({ index }) => index)).toEqual([1, 0, 2]);
  reranker.give({ b: 0.75 });
  expect(await scoresOf(reranker)).toEqual([0, 0.75, 0]);
  reranker.give(new Map([['constructor', 0.5]]));
  expect(await scoresOf(reranker, ['constructor', '__proto__'])).toEqual([0.5, 0]);
  reranker.give({});
  expect(await scoresOf(reranker, ['constructor', '__proto__'])).toEqual([0, 0]);
  const seen: unknown[] = [];
  reranker.give((document) => {
    seen.push(document);
    return document.index / 4;
  });
  expect(await scoresOf(reranker)).toEqual([0, 0.25, 0.5]);
  expect(seen).toContainEqual({ query: 'q1', text: 'b', index: 1, instruction: undefined });
});

test('scores survive to 1e-15', async () => {
  for (const score of [0.9, 0.1, 1 / 3, 1e-9, 0.999999]) {
    const { results } = await createTestReranker({ scores: [score] }).rerank('q', ['d']);
    expect(Math.abs((results[0]?.score ?? 0) - score)).toBeLessThan(1e-15);
  }
});

test('what cannot be a score is refused: at once, or in the call', async () => {
  const reranker = createTestReranker();
  for (const scores of [[1.5], [Number.NaN], { a: -1 }, new Map([['a', '1']]), 'high', 5, null]) {
    expect(() => reranker.give(scores as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  }
  reranker.give([0.5]);
  await expect(scoresOf(reranker)).rejects.toThrow(/scores has 1 scores, but the call has a document [12]/);
  reranker.give(() => 2);
  await expect(scoresOf(reranker)).rejects.toThrow(
    /scores returned for document \d must be a number from 0 to 1, not 2/,
  );
  const error = new TypeError('in the function');
  reranker.give(() => {
    throw error;
  });
  await expect(scoresOf(reranker)).rejects.toBe(error);
});

test('fails: by code, with an error, for so many calls, always', async () => {
  const reranker = createTestReranker();
  reranker.fail();
  await expect(reranker.rerank('q', ['d'])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  const error = new Error('mine');
  reranker.fail(error, { times: 2 });
  reranker.fail('QUEUE_FULL', { times: 1 });
  reranker.give([1], { times: 1 });
  await expect(scoresOf(reranker)).rejects.toBe(error);
  await expect(reranker.rerank('q', [])).resolves.toMatchObject({ results: [] });
  await expect(reranker.rerank('q', ['d'])).rejects.toBe(error);
  const full: unknown = await reranker.rerank('q', ['d']).catch((error: unknown) => error);
  expect(full).toBeInstanceOf(RerankitError);
  expect(full).toMatchObject({ code: 'QUEUE_FULL', message: 'The test reranker was told to fail: QUEUE_FULL.' });
  expect((await reranker.rerank('q', ['d'])).results[0]?.score).toBe(1);
  for (let call = 0; call < 3; call++) {
    await expect(reranker.rerank('q', ['d'])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  }
  reranker.give([0.5]);
  expect((await reranker.rerank('q', ['d'])).results[0]?.score).toBe(0.5);
  reranker.fail(error);
  reranker.reset();
  expect((await reranker.rerank('d', ['d'])).results[0]?.logit).toBe(4);
  expect(reranker.stats().total).toMatchObject({ calls: 11, failures: 7 });
});

test('hangs until aborted, other calls going on', async () => {
  const reranker = createTestReranker();
  reranker.hang({ times: 1 });
  const controller = new AbortController();
  const hanging = reranker.rerank('q', ['d'], { signal: controller.signal });
  await reranker.rerank('q', ['d']);
  expect(await stateOf(hanging)).toBe('pending');
  expect(reranker.stats()).toMatchObject({ openCalls: 1, queuedDocuments: 1, running: true });
  controller.abort('enough');
  await expect(hanging).rejects.toBe('enough');
  await reranker.dispose();
});

test('hangs until released, and dispose waits for it', async () => {
  const reranker = createTestReranker();
  reranker.hang();
  const calls = [reranker.rerank('q', ['d']), reranker.rerank('q', ['d'])];
  expect(await stateOf(Promise.race(calls))).toBe('pending');
  const disposal = reranker.dispose();
  expect(await stateOf(disposal)).toBe('pending');
  reranker.release();
  expect((await Promise.all(calls)).length).toBe(2);
  await disposal;
});

test('after release and after reset nothing hangs', async () => {
  const reranker = createTestReranker();
  reranker.hang();
  reranker.hang({ times: 3 });
  const hanging = reranker.rerank('q', ['d']);
  reranker.release();
  await hanging;
  await reranker.rerank('q', ['d']);
  reranker.hang();
  const again = reranker.rerank('q', ['d']);
  reranker.reset();
  await again;
  await reranker.rerank('q', ['d']);
});

test('is slow, on fake timers too, and a slow call can be aborted', async () => {
  vi.useFakeTimers();
  const reranker = createTestReranker({ delay: 1000 });
  const call = reranker.rerank('d', ['d']);
  const controller = new AbortController();
  const aborted = reranker.rerank('d', ['d'], { signal: controller.signal });
  await vi.advanceTimersByTimeAsync(999);
  expect(reranker.calls.map(({ state }) => state)).toEqual(['pending', 'pending']);
  controller.abort('late');
  await expect(aborted).rejects.toBe('late');
  await vi.advanceTimersByTimeAsync(1);
  expect((await call).results[0]?.logit).toBe(4);
  expect(vi.getTimerCount()).toBe(0);
  reranker.slow(0);
  reranker.slow(50, { times: 1 });
  reranker.fail('ENGINE_CRASHED');
  const failing = reranker.rerank('d', ['d']).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(49);
  expect(reranker.calls.at(-1)?.state).toBe('pending');
  await vi.advanceTimersByTimeAsync(1);
  expect(await failing).toMatchObject({ code: 'ENGINE_CRASHED' });
});

test.each([
  [
    { scores: 'lexical' },
    /option scores of createTestReranker must be a list, an object, a Map or a function, not "lexical"/,
  ],
  [{ scores: [2] }, /scores\[0\] must be a number from 0 to 1, not 2/],
  [{ scores: { 'a text': 2 } }, /scores of "a text" must be/],
  [{ delay: -1 }, /option delay of createTestReranker must be an integer from 0 to 2147483647, not -1/],
  [{ model: 5 }, /option model .* a string/],
  [{ maxQueuedDocuments: 0 }, /maxQueuedDocuments/],
  [{ error: 'X' }, /createTestReranker has no option "error"/],
])('createTestReranker(%j) is refused', (options, message) => {
  expect(() => createTestReranker(options as unknown as TestRerankerOptions)).toThrow(message);
});

test('wrong instructions are refused', () => {
  const reranker = createTestReranker();
  expect(() => reranker.fail('NO_SUCH_CODE' as never)).toThrow(
    /fail takes an Error or one of INVALID_OPTION, .*not "NO_SUCH_CODE"/,
  );
  expect(() => reranker.fail(undefined, { times: 0 })).toThrow(
    /option times of fail must be an integer, at least 1, not 0/,
  );
  expect(() => reranker.hang({ time: 1 } as never)).toThrow(/hang has no option "time"; its options are times/);
  expect(() => reranker.slow(Number.POSITIVE_INFINITY)).toThrow(
    /slow takes an integer from 0 to 2147483647, not Infinity/,
  );
});
