import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import { Reranker, type RerankTrace } from '../../src/index.ts';
import { createTestReranker } from '../../src/testing/index.ts';
import { call, PREFIX, rowsOf, settle, setUp, tokens } from '../batching/support.ts';
import { runScript } from '../lifecycle/run-script.ts';
import { eventsOf, namesOf } from './events.ts';

const milliseconds = expect.any(Number);

test('a call: in the order of tracePromise, with what it cost at the end', async () => {
  const reranker = createTestReranker();
  const events = await eventsOf(() => reranker.rerank('one two', ['one', 'two', 'three']));
  expect(namesOf(events)).toEqual([
    ...['rerank:start', 'run:start', 'run:end', 'rerank:end'],
    ...['run:asyncStart', 'run:asyncEnd', 'rerank:asyncStart', 'rerank:asyncEnd'],
  ]);
  const model = { model: 'test', device: undefined };
  const start = { kind: 'rerank', ...model, documents: 3 };
  expect(events[0]?.seen).toEqual(start);
  expect(events.at(-1)?.seen).toEqual({
    ...start,
    usage: { promptTokens: 9, computedTokens: 5, savedTokens: 4 },
    truncated: 0,
    runs: 1,
    queueMilliseconds: milliseconds,
    runMilliseconds: milliseconds,
    milliseconds,
  });
  const run = { ...model, documents: 3, calls: 1, queries: 1, queueMilliseconds: milliseconds };
  expect(events[1]?.seen).toEqual(run);
  expect(events[5]?.seen).toEqual({ ...run, tokens: 5, milliseconds });
  expect(new Set(events.map(({ message }) => message)).size).toBe(2);
});

test('score is a call of another kind, with a run for each query', async () => {
  const reranker = createTestReranker();
  const pairs = ['a', 'b'].map((query) => ({ query, document: 'd' }));
  const events = await eventsOf(() => reranker.score(pairs));
  expect(events.at(-1)?.seen).toMatchObject({ kind: 'score', documents: 2, runs: 2 });
  expect(namesOf(events).filter((name) => name === 'run:asyncEnd').length).toBe(2);
});

test('runs of the scheduler: tokens, calls, queries, and how long they waited', async () => {
  const { engine, scheduler } = setUp({ tokenBudget: 60 });
  const events = await eventsOf(async () => {
    engine.hold();
    const first = call(scheduler, rowsOf(1, 3, 10), { prefix: tokens(9, 20) });
    const second = call(scheduler, rowsOf(2, 1, 10), { prefix: PREFIX });
    await engine.step();
    await new Promise((resolve) => setTimeout(resolve, 20));
    engine.release();
    await Promise.all([first.result, second.result]);
  });
  const ends = events.filter(({ event }) => event === 'asyncEnd').map(({ seen }) => seen);
  const common = { model: 'fake', device: undefined, milliseconds, queueMilliseconds: milliseconds };
  expect(ends).toEqual([
    { ...common, documents: 3, calls: 2, queries: 2, tokens: 60, prefixTokens: 30 },
    { ...common, documents: 1, calls: 1, queries: 1, tokens: 30, prefixTokens: 20 },
  ]);
  expect(scheduler.stats().runs).toBe(2);
  // The second run's milliseconds are those for which it was held.
  expect(Number(ends[1]?.['milliseconds'])).toBeGreaterThan(10);
});

test('a job tells how long it waited and how long its runs took', async () => {
  const { engine, scheduler } = setUp();
  engine.hold();
  const first = call(scheduler, rowsOf(1, 1));
  await settle();
  const second = call(scheduler, rowsOf(2, 1));
  await new Promise((resolve) => setTimeout(resolve, 30));
  engine.release();
  const [one, two] = await Promise.all([first.result, second.result]);
  expect(one.runMilliseconds).toBeGreaterThan(20);
  expect(two.queueMilliseconds).toBeGreaterThan(20);
  expect(two.runMilliseconds).toBeGreaterThan(0);
});

test.each([
  ['an error of the library', 'QUEUE_FULL', { name: 'RerankitError', code: 'QUEUE_FULL' }],
  ['an error of the engine', new TypeError('secret'), { name: 'RerankitError', code: 'ENGINE_FAILED' }],
] as const)('%s: its name and code', async (_, error, traced) => {
  const reranker = createTestReranker();
  reranker.fail(error);
  const events = await eventsOf(() => reranker.rerank('secret', ['secret']));
  expect(namesOf(events)).toEqual([
    ...['rerank:start', 'run:start', 'run:end', 'rerank:end'],
    ...['run:error', 'run:asyncStart', 'run:asyncEnd', 'rerank:error', 'rerank:asyncStart', 'rerank:asyncEnd'],
  ]);
  for (const { seen } of events.slice(4)) expect(seen['error']).toEqual(traced);
});

test('a failed run of the scheduler is an error, though its calls are retried', async () => {
  const { engine, scheduler } = setUp();
  engine.fault = (_, run) => (run === 0 ? new Error('secret') : undefined);
  const events = await eventsOf(() =>
    Promise.all([call(scheduler, rowsOf(1, 1)).result, call(scheduler, rowsOf(2, 1)).result]),
  );
  expect(namesOf(events).filter((name) => name === 'run:error').length).toBe(1);
  expect(namesOf(events).filter((name) => name === 'run:asyncEnd').length).toBe(3);
});

test('an aborted call: the name of the reason', async () => {
  const reranker = createTestReranker();
  reranker.hang();
  const events = await eventsOf(async () => {
    const controller = new AbortController();
    const hanging = reranker.rerank('q', ['d'], { signal: controller.signal });
    controller.abort();
    await Promise.allSettled([hanging, reranker.rerank('q', ['d'], { signal: AbortSignal.abort('text') })]);
  });
  const errors = events.filter(({ channel, event }) => channel === 'rerank' && event === 'error');
  expect(errors.map(({ seen }) => seen['error'])).toEqual(
    expect.arrayContaining([
      { name: 'AbortError', code: undefined },
      { name: 'string', code: undefined },
    ]),
  );
});

test('calls that are refused before anything is scored are told too', async () => {
  const reranker = createTestReranker({ maxQueuedDocuments: 1 });
  const refused = [
    ['q', ['a', 'b'], {}, 2, 'QUEUE_FULL'],
    ['q', [5], {}, 1, 'INVALID_INPUT'],
    [5, null, {}, 0, 'INVALID_INPUT'],
    ['q', ['a'], { topN: 'secret' }, 1, 'INVALID_OPTION'],
  ] as const;
  for (const [query, list, options, documents, code] of refused) {
    const events = await eventsOf(() => reranker.rerank(query as never, list as never, options as never));
    expect(events.at(-1)?.seen).toEqual({
      ...{ kind: 'rerank', model: 'test', device: undefined, documents },
      ...{ error: { name: 'RerankitError', code }, milliseconds },
    });
  }
});

test('a failed load', async () => {
  const events = await eventsOf(() => Reranker.load('./no-such-folder'));
  expect(namesOf(events)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'].map((event) => `load:${event}`));
  expect(events.at(-1)?.seen).toEqual({
    ...{ model: './no-such-folder', milliseconds, error: { name: 'RerankitError', code: 'MODEL_NOT_FOUND' } },
  });
});

test('no text of the caller is in any message', async () => {
  const secret = 'TOP-SECRET';
  const work = async (): Promise<void> => {
    const reranker = createTestReranker({ instruction: secret });
    reranker.fail(new Error(secret), { times: 1 });
    const calls = [0, 1].map(() => reranker.rerank(secret, [secret, secret], { instruction: secret }));
    const bad = [
      reranker.rerank(secret, [secret, 5 as never]),
      reranker.rerank(secret, [secret], { [secret]: secret } as never),
      reranker.score([{ query: secret, document: secret, instruction: secret }]),
      reranker.score([{ query: secret, document: secret, [secret]: 1 } as never]),
      reranker.rerank(secret, [{ secret }], { text: ({ secret }) => secret }),
    ];
    await Promise.allSettled([...calls, ...bad]);
  };
  const events = await eventsOf(work);
  expect(events.length).toBeGreaterThan(30);
  const seen: unknown[] = [];
  const walk = (value: unknown): void => {
    seen.push(value);
    if (typeof value === 'object' && value !== null)
      Reflect.ownKeys(value).forEach((key) => void [walk(key), walk(Reflect.get(value, key))]);
  };
  for (const { message } of events) walk(message);
  expect(seen.length).toBeGreaterThan(events.length);
  expect(seen.filter((value) => typeof value === 'string' && value.toUpperCase().includes('SECRET'))).toEqual([]);
});

test('stores that are bound to a start hold in the engine and after the call', async () => {
  const store = new AsyncLocalStorage<RerankTrace>();
  const { start } = tracingChannel<RerankTrace, RerankTrace>('rerankit:rerank');
  start.bindStore(store);
  let inside: RerankTrace | undefined;
  const reranker = Reranker.fromEngine({
    score: ({ documents }) => {
      inside = store.getStore();
      return { logits: documents.map(() => 0) };
    },
  });
  await reranker.rerank('q', ['d']);
  start.unbindStore(store);
  expect(inside).toMatchObject({ kind: 'rerank', documents: 1 });
  expect(store.getStore()).toBe(undefined);
});

test('with no subscribers nothing is prepared', async () => {
  expect(tracingChannel('rerankit:rerank').hasSubscribers).toBe(false);
  const reranker = Reranker.fromEngine({ score: ({ documents }) => ({ logits: documents.map(() => 0) }) });
  // Were a message made, the length of the list would be read once more.
  let reads = 0;
  const list = new Proxy(['d'], {
    get: (target, name, receiver) => {
      if (name === 'length') reads++;
      return Reflect.get(target, name, receiver);
    },
  });
  await reranker.rerank('q', list);
  const without = reads;
  reads = 0;
  await eventsOf(() => reranker.rerank('q', list));
  expect(reads).toBe(without + 1);
});

test('subscribers that throw do not break calls: Node reports them as uncaught exceptions', async () => {
  const ended = await runScript(`
    import { tracingChannel } from 'node:diagnostics_channel';
    import { createTestReranker } from 'rerankit/testing';
    let uncaught = 0;
    process.on('uncaughtException', () => uncaught++);
    const broken = () => { throw new Error('broken'); };
    for (const name of ['rerank', 'run'])
      tracingChannel('rerankit:' + name).subscribe({ start: broken, end: broken, asyncStart: broken, asyncEnd: broken, error: broken });
    const reranker = createTestReranker();
    const { results } = await reranker.rerank('b', ['a', 'b']);
    reranker.fail('QUEUE_FULL');
    const error = await reranker.rerank('b', ['a', 'b']).catch((error) => error);
    await new Promise(setImmediate);
    console.log(results[0].document, error.code, uncaught);
  `);
  expect(ended).toMatchObject({ code: 0, stdout: 'b QUEUE_FULL 18\n', stderr: '' });
});
