import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RerankerEngine } from '../../src/engine/reranker-engine.ts';
import { RerankitError } from '../../src/errors.ts';
import { Reranker } from '../../src/reranker.ts';
import type { EngineOptions } from '../../src/types.ts';
import { answerOf, expectedLogit, ScriptedEngine, settle, stateOf } from './support.ts';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);

function setUp(options: EngineOptions = {}): { engine: ScriptedEngine; reranker: Reranker } {
  const engine = new ScriptedEngine();
  return { engine, reranker: Reranker.fromEngine(engine, options) };
}

const IDLE = { queuedDocuments: 0, queuedTokens: 0, openCalls: 0, running: false };

test('a ranking by the engine, with its tokens, its truncations and the instruction as given', async () => {
  const { engine, reranker } = setUp();
  engine.held = true;
  const call = reranker.rerank('q', ['1', '3', '2'], { topN: 2, instruction: 'Find' });
  await settle();
  expect(engine.asked[0]?.request).toEqual({
    query: 'q',
    documents: ['1', '3', '2'],
    indices: [0, 1, 2],
    instruction: 'Find',
  });
  engine.asked[0]?.answer({ logits: [1, 3, 2], truncated: [false, true, false], promptTokens: 30, computedTokens: 20 });
  const { results, usage } = await call;
  expect(results).toEqual([
    { index: 1, document: '3', score: 1 / (1 + Math.exp(-3)), logit: 3, truncated: true },
    { index: 2, document: '2', score: 1 / (1 + Math.exp(-2)), logit: 2, truncated: false },
  ]);
  expect(usage).toEqual({ promptTokens: 30, computedTokens: 20, savedTokens: 10 });
});

test('the instruction of the reranker, and none', async () => {
  const { engine, reranker } = setUp({ instruction: 'Own' });
  await reranker.rerank('q', ['1']);
  await Reranker.fromEngine(engine).rerank('q', ['1']);
  expect(engine.asked.map(({ request }) => request.instruction)).toEqual(['Own', undefined]);
});

test('logits are not rounded', async () => {
  const { reranker } = setUp();
  const { scores } = await reranker.score([{ query: 'q', document: '0.1' }]);
  expect(scores[0]?.logit).toBe(0.1);
});

test('info is what the engine says', () => {
  const info = { model: 'mine', maxLength: 100 };
  expect(Reranker.fromEngine({ score: answerOf, info }).info).toMatchObject({
    ...info,
    contextLength: 100,
    source: 'engine',
  });
  expect(Reranker.fromEngine({ score: answerOf }).info).toMatchObject({ model: 'engine', maxLength: undefined });
});

test.each([
  [null, /engine of Reranker.fromEngine must be an object with a function score, not null/],
  [{ score: 1 }, /must be an object with a function score/],
  [{ score: answerOf, dispose: 1 }, /dispose of Reranker.fromEngine's engine must be a function, not 1/],
  [{ score: answerOf, info: { model: 1 } }, /option model of the info of .* must be a string, not 1/],
  [{ score: answerOf, info: { maxLength: 0 } }, /option maxLength of the info/],
  [{ score: answerOf, info: 'mine' }, /must be an object, not "mine"/],
])('engine %j is refused', (engine, message) => {
  const make = (): Reranker => Reranker.fromEngine(engine as unknown as RerankerEngine);
  expect(make).toThrow(message);
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});

test('no documents: no request', async () => {
  const { engine, reranker } = setUp();
  expect(await reranker.rerank('q', [])).toMatchObject({ results: [], usage: { promptTokens: 0 } });
  expect(engine.asked).toEqual([]);
});

test('requests are split by query and size, with each document’s place in the call', async () => {
  const { engine, reranker } = setUp({ batchSize: 2 });
  const pairs = [0, 1, 0, 0, 1].map((query, index) => ({ query: `q${query}`, document: `${index}` }));
  const { scores } = await reranker.score(pairs);
  expect(scores.map(({ logit }) => logit)).toEqual([0, 1, 2, 3, 4]);
  expect(engine.asked.map(({ request }) => [request.query, request.indices])).toEqual([
    ['q0', [0, 2]],
    ['q0', [3]],
    ['q1', [1, 4]],
  ]);
});

test('an engine cannot change its request', async () => {
  const engine: RerankerEngine = {
    score: (request) => {
      (request.indices as number[])[0] = 5;
      return answerOf(request);
    },
  };
  await expect(Reranker.fromEngine(engine).rerank('q', ['1'])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});

test.each([1, 3])('never more than %i requests under way, and as many as there are', async (concurrency) => {
  const { engine, reranker } = setUp({ concurrency, batchSize: 2 });
  engine.held = true;
  const calls = [reranker.rerank('q', numbers(10)), reranker.rerank('q', numbers(10))];
  for (let at = 0; at < 10; at++) {
    await settle();
    expect(engine.running).toBe(Math.min(concurrency, 10 - at));
    engine.asked[at]?.answer();
  }
  await Promise.all(calls);
  expect(engine.mostRunning).toBe(concurrency);
});

test('a small call does not wait for all of a huge one', async () => {
  const { engine, reranker } = setUp({ batchSize: 1 });
  engine.held = true;
  const huge = reranker.rerank('huge', numbers(50));
  const small = reranker.rerank('small', ['1']);
  await settle();
  engine.asked[0]?.answer();
  await settle();
  engine.asked[1]?.answer();
  await small;
  expect(engine.documents.length).toBeLessThan(4);
  engine.held = false;
  engine.asked[2]?.answer();
  await huge;
});

test('higher priority goes first, and is told to the engine', async () => {
  const { engine, reranker } = setUp();
  engine.held = true;
  const calls = [0, 0, 5, -1].map((priority, at) => reranker.rerank(`q${at}`, ['1'], { priority }));
  for (let at = 0; at < 4; at++) {
    await settle();
    engine.asked[at]?.answer();
  }
  await Promise.all(calls);
  expect(engine.asked.map(({ request }) => request.query)).toEqual(['q0', 'q2', 'q1', 'q3']);
  expect(engine.asked.map(({ options }) => options.priority)).toEqual([0, 5, 0, -1]);
});

test('a call has a signal of its own, the same for all of its requests', async () => {
  const { engine, reranker } = setUp({ batchSize: 1 });
  await Promise.all([reranker.rerank('a', numbers(3)), reranker.rerank('b', numbers(3))]);
  const signals = new Map(engine.asked.map(({ request, options }) => [options.signal, request.query]));
  expect([...signals.values()].sort()).toEqual(['a', 'b']);
});

test('progress', async () => {
  const { reranker } = setUp({ batchSize: 4 });
  const seen: unknown[] = [];
  await reranker.rerank('q', numbers(10), { onProgress: (progress) => seen.push(progress) });
  expect(seen).toEqual([4, 8, 10].map((scored) => ({ scored, total: 10 })));
});

test('what onProgress throws rejects the call, and gives up the rest', async () => {
  const { engine, reranker } = setUp({ batchSize: 1 });
  const error = new Error('mine');
  const onProgress = (): void => {
    throw error;
  };
  await expect(reranker.rerank('q', numbers(10), { onProgress })).rejects.toBe(error);
  await settle();
  expect(engine.asked.length).toBe(1);
  expect(reranker.stats()).toMatchObject(IDLE);
});

test('aborted before: the engine is not asked', async () => {
  const { engine, reranker } = setUp();
  await expect(reranker.rerank('q', ['1'], { signal: AbortSignal.abort('why') })).rejects.toBe('why');
  expect(engine.asked).toEqual([]);
});

test('aborted while queued: rejects at once, is not asked, and neighbours are served', async () => {
  const { engine, reranker } = setUp();
  engine.held = true;
  const first = reranker.rerank('first', ['1']);
  const controller = new AbortController();
  const queued = reranker.rerank('queued', ['1', '2'], { signal: controller.signal });
  const last = reranker.rerank('last', ['1']);
  expect(reranker.stats()).toMatchObject({ queuedDocuments: 4, openCalls: 3, running: true });
  controller.abort('why');
  await expect(queued).rejects.toBe('why');
  expect(reranker.stats()).toMatchObject({ queuedDocuments: 2, openCalls: 2, running: true });
  engine.held = false;
  engine.asked[0]?.answer();
  await Promise.all([first, last]);
  expect(engine.asked.map(({ request }) => request.query)).toEqual(['first', 'last']);
  expect(reranker.stats()).toMatchObject(IDLE);
});

test('aborted while running: the engine hears of it; one that ignores it keeps its place until it answers', async () => {
  const { engine, reranker } = setUp();
  engine.held = true;
  const controller = new AbortController();
  const running = reranker.rerank('running', ['1'], { signal: controller.signal });
  const next = reranker.rerank('next', ['1']);
  await settle();
  const reason = new Error('why');
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(engine.asked[0]?.options.signal.reason).toBe(reason);
  await settle();
  expect(engine.asked.length).toBe(1);
  expect(reranker.stats()).toMatchObject({ queuedDocuments: 1, openCalls: 1, running: true });
  engine.asked[0]?.answer({ logits: 'nonsense, which nobody hears of' });
  engine.held = false;
  await settle();
  engine.asked[1]?.answer();
  await next;
  expect(reranker.stats()).toMatchObject(IDLE);
});

test('an engine that rejects with the reason of the abort, or otherwise: the call has the reason', async () => {
  for (const own of [undefined, new Error('own')]) {
    const { engine, reranker } = setUp();
    engine.held = true;
    const controller = new AbortController();
    const call = reranker.rerank('q', ['1'], { signal: controller.signal });
    await settle();
    const asked = engine.asked[0];
    asked?.options.signal.addEventListener('abort', () => asked.fail(own ?? asked.options.signal.reason));
    controller.abort('why');
    await expect(call).rejects.toBe('why');
  }
});

test('one long-lived signal for many calls: no listener stays, no warning', async () => {
  const warnings: Error[] = [];
  const listener = (warning: Error): number => warnings.push(warning);
  process.on('warning', listener);
  const { reranker } = setUp({ concurrency: 50, batchSize: 1 });
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 50 }, () => reranker.rerank('q', numbers(3), { signal })));
  await settle();
  process.off('warning', listener);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(warnings).toEqual([]);
});

test('a failed request rejects its call, gives up its others, and no other call', async () => {
  const { engine, reranker } = setUp({ concurrency: 2, batchSize: 1 });
  engine.held = true;
  const failing = reranker.rerank('failing', numbers(5));
  const other = reranker.rerank('other', ['7']);
  await settle();
  const cause = new Error('out of order');
  engine.asked[0]?.fail(cause);
  await expect(failing).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    message: 'The engine failed a request of 1 documents: out of order',
    cause,
  });
  expect(engine.asked[1]?.options.signal.aborted).toBe(true);
  expect(reranker.stats()).toMatchObject({ queuedDocuments: 1, openCalls: 1 });
  engine.held = false;
  for (const { answer } of engine.asked) answer();
  expect((await other).results[0]?.logit).toBe(7);
  await settle();
  expect(engine.asked.map(({ request }) => request.query).sort()).toEqual(['failing', 'failing', 'other']);
});

test('errors of the library pass, whatever their code', async () => {
  const error = new RerankitError('PROMPT_TOO_LONG', 'too long');
  const engine: RerankerEngine = { score: () => Promise.reject(error) };
  await expect(Reranker.fromEngine(engine).rerank('q', ['1'])).rejects.toBe(error);
});

test.each([new Error('sync'), 'a string', undefined, null, Symbol('s')])(
  'an engine that throws %s at once',
  async (thrown) => {
    const engine: RerankerEngine = {
      score: () => {
        throw thrown;
      },
    };
    const reranker = Reranker.fromEngine(engine);
    const failed = { code: 'ENGINE_FAILED', cause: thrown };
    await expect(reranker.rerank('q', ['1'])).rejects.toMatchObject(failed);
    await expect(reranker.rerank('q', ['1'])).rejects.toMatchObject(failed);
    expect(reranker.stats()).toMatchObject({ ...IDLE, total: { calls: 2, failures: 2, runs: 2, documents: 0 } });
  },
);

test('an engine may answer without a promise', async () => {
  const reranker = Reranker.fromEngine({ score: ({ documents }) => ({ logits: documents.map(expectedLogit) }) });
  expect((await reranker.rerank('q', ['1', '2'])).results.map(({ index }) => index)).toEqual([1, 0]);
});

test('the queue is full, and after failures, aborts and answers it is not', async () => {
  const { engine, reranker } = setUp({ maxQueuedDocuments: 6, batchSize: 2 });
  engine.held = true;
  const controller = new AbortController();
  const failing = reranker.rerank('q', numbers(4));
  const aborted = reranker.rerank('q', numbers(2), { signal: controller.signal });
  const full = { code: 'QUEUE_FULL' };
  await expect(reranker.rerank('q', ['1'])).rejects.toMatchObject(full);
  await expect(reranker.rerank('q', numbers(7))).rejects.toThrow(/split the call/);
  controller.abort();
  await expect(aborted).rejects.toBe(controller.signal.reason);
  engine.asked[0]?.answer();
  await settle();
  expect(reranker.stats().queuedDocuments).toBe(2);
  engine.asked[1]?.fail(new Error('no'));
  await expect(failing).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  expect(reranker.stats()).toMatchObject(IDLE);
  engine.held = false;
  await reranker.rerank('q', numbers(6));
  expect(reranker.stats()).toMatchObject(IDLE);
});

test('dispose refuses new calls, lets all requests of open ones finish, and frees the engine once', async () => {
  const { engine, reranker } = setUp({ batchSize: 1 });
  engine.held = true;
  const call = reranker.rerank('q', numbers(3));
  const disposal = reranker.dispose();
  expect(reranker.dispose()).toBe(disposal);
  await expect(reranker.rerank('q', ['1'])).rejects.toMatchObject({ code: 'DISPOSED' });
  for (let at = 0; at < 3; at++) {
    expect([await stateOf(disposal), engine.disposals]).toEqual(['pending', 0]);
    engine.asked[at]?.answer();
  }
  expect((await call).results.length).toBe(3);
  await disposal;
  expect([engine.disposals, engine.runningAtDisposal]).toEqual([1, 0]);
});

test('dispose waits for an engine that is still at work for a call that was given up', async () => {
  const { engine, reranker } = setUp();
  engine.held = true;
  const controller = new AbortController();
  const call = reranker.rerank('q', ['1'], { signal: controller.signal });
  await settle();
  controller.abort();
  await expect(call).rejects.toBe(controller.signal.reason);
  const disposal = reranker.dispose();
  expect([await stateOf(disposal), engine.disposals]).toEqual(['pending', 0]);
  engine.asked[0]?.answer();
  await disposal;
  expect([engine.disposals, engine.runningAtDisposal]).toEqual([1, 0]);
});

test('dispose without an engine’s own, and with one that fails', async () => {
  await Reranker.fromEngine({ score: answerOf }).dispose();
  const cause = new Error('stuck');
  const dispose = (): Promise<void> => Promise.reject(cause);
  await expect(Reranker.fromEngine({ score: answerOf, dispose }).dispose()).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    cause,
  });
});

test('nobody listening is no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown): number => unhandled.push(error);
  process.on('unhandledRejection', listener);
  const { engine, reranker } = setUp({ concurrency: 3, batchSize: 1 });
  engine.held = true;
  const controller = new AbortController();
  const call = reranker.rerank('q', numbers(9), { signal: controller.signal });
  call.catch(() => {}); // The caller's own promise; all others are the library's.
  await settle();
  for (const { fail } of engine.asked) fail(new Error('no'));
  controller.abort();
  await settle();
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});

test('stats tell what was done', async () => {
  const { reranker } = setUp({ batchSize: 2 });
  await reranker.rerank('q', numbers(5));
  await reranker.score([{ query: 'q', document: '1' }]);
  await expect(reranker.rerank('q', [1] as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(reranker.rerank('q', ['1'], { signal: AbortSignal.abort() })).rejects.toThrow();
  const { total, ...now } = reranker.stats();
  expect(now).toEqual(IDLE);
  expect(total).toEqual({
    calls: 4,
    failures: 1,
    aborts: 1,
    documents: 6,
    promptTokens: 18,
    computedTokens: 12,
    runs: 4,
    runMilliseconds: expect.any(Number),
  });
});

/** What happens to one call. */
const plan = fc.record({
  queries: fc.array(fc.nat({ max: 2 }), { maxLength: 12 }),
  priority: fc.integer({ min: -1, max: 1 }),
  delay: fc.nat({ max: 6 }),
  abortAt: fc.option(fc.nat({ max: 12 })),
});
const fault = fc.constantFrom('none', 'none', 'none', 'none', 'failed', 'threw', 'short', 'nan', 'slow', 'coded');

test('property: every score comes back in its place, or its call rejects; limits are kept, and nothing stays', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { maxLength: 8 }),
      fc.array(fault, { maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (plans, faults, concurrency, batchSize) => {
        let [requests, running, mostRunning, mostDocuments] = [0, 0, 0, 0];
        const failed: string[] = [];
        const engine: RerankerEngine = {
          score: (request) => {
            const fault = faults[requests++] ?? 'none';
            mostDocuments = Math.max(mostDocuments, request.documents.length);
            if (!['none', 'slow'].includes(fault)) failed.push(request.documents[0]?.split(':')[0] ?? '');
            if (fault === 'threw') throw new Error('threw');
            running++;
            mostRunning = Math.max(mostRunning, running);
            const logits = request.documents.map((text) => Number(text.split(':')[1]));
            return (async () => {
              for (let turn = fault === 'slow' ? 9 : 1; turn > 0; turn--) await new Promise(setImmediate);
              running--;
              if (fault === 'failed') throw new Error('failed');
              if (fault === 'coded') throw new RerankitError('ENGINE_CRASHED', 'crashed');
              return {
                logits: fault === 'short' ? logits.slice(1) : fault === 'nan' ? logits.map(() => Number.NaN) : logits,
              };
            })();
          },
        };
        const reranker = Reranker.fromEngine(engine, { concurrency, batchSize, maxQueuedDocuments: 60 });
        const outcomes = plans.map(async ({ queries, priority, delay, abortAt }, call) => {
          for (let turn = 0; turn < delay; turn++) await new Promise(setImmediate);
          const controller = new AbortController();
          const pairs = queries.map((query, index) => ({ query: `${query}`, document: `${call}:${index}` }));
          const outcome = reranker.score(pairs, { priority, signal: controller.signal }).then(
            ({ scores }) => ({ logits: scores.map(({ logit }) => logit), error: undefined, reason: undefined }),
            (error: unknown) => ({ logits: undefined, error, reason: controller.signal.reason as unknown }),
          );
          for (let turn = 0; turn < (abortAt ?? 0); turn++) await new Promise(setImmediate);
          if (abortAt !== null) controller.abort();
          return outcome;
        });
        for (const [call, { logits, error, reason }] of (await Promise.all(outcomes)).entries()) {
          if (logits) expect(logits).toEqual(plans[call]?.queries.map((_, index) => index));
          else if (error !== reason) {
            expect(RerankitError.isInstance(error)).toBe(true);
            const blameless = RerankitError.isInstance(error, 'QUEUE_FULL');
            expect(blameless || failed.includes(`${call}`)).toBe(true);
          }
        }
        await reranker.dispose();
        expect(reranker.stats()).toMatchObject({ ...IDLE, total: { calls: plans.length, runs: requests } });
        expect(running).toBe(0);
        expect(mostRunning).toBeLessThanOrEqual(concurrency);
        expect(mostDocuments).toBeLessThanOrEqual(batchSize);
      },
    ),
    { numRuns: 150 },
  );
});
