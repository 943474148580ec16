import { describe, expect, test } from 'vitest';
import { createRerankit, type RerankingCall, rerankingModel } from '../../src/integrations/ai-sdk/index.ts';
import { deepFreeze, fakeRanker } from './fake-ranker.ts';

const texts = (...values: string[]): RerankingCall['documents'] => ({ type: 'text', values });
const objects = (...values: object[]): RerankingCall['documents'] => ({ type: 'object', values });

describe('rerankingModel', () => {
  test('is a plain object of specification 4, or 3 if asked for, named after the model', () => {
    expect(rerankingModel(fakeRanker())).toMatchObject({
      specificationVersion: 'v4',
      provider: 'rerankit',
      modelId: 'fake',
    });
    const third = rerankingModel(fakeRanker(), { specificationVersion: 'v3', modelId: 'mine' });
    expect(third).toMatchObject({ specificationVersion: 'v3', modelId: 'mine' });
    expect(Object.getPrototypeOf(third)).toBe(Object.prototype);
    const { rerank } = fakeRanker();
    expect(rerankingModel({ rerank }).modelId).toBe('rerankit');
  });

  test('works through a Proxy, as the AI SDK wraps it', async () => {
    const model = new Proxy(rerankingModel(fakeRanker()), {
      get: (target, name) => (name === 'specificationVersion' ? 'v4' : Reflect.get(target, name)),
    });
    await expect(model.doRerank({ query: 'a', documents: texts('a') })).resolves.toBeDefined();
  });

  test('ranks texts: indices, scores, usage, no warning', async () => {
    const answer = await rerankingModel(fakeRanker()).doRerank(
      deepFreeze({ query: 'ab', documents: texts('x', 'ab', 'a') }),
    );
    expect(answer).toEqual({
      ranking: [
        { index: 1, relevanceScore: 1 },
        { index: 2, relevanceScore: 0.5 },
        { index: 0, relevanceScore: 0 },
      ],
      providerMetadata: { rerankit: { promptTokens: 5, computedTokens: 3, savedTokens: 2 } },
      warnings: [],
    });
  });

  test('reads objects as JSON and says so, or by `text` and says nothing', async () => {
    const ranker = fakeRanker();
    const documents = objects({ body: 'one' }, { body: 'two', n: [1, null] });
    const json = await rerankingModel(ranker).doRerank(deepFreeze({ query: 't', documents }));
    expect(ranker.calls[0]?.texts).toEqual(['{"body":"one"}', '{"body":"two","n":[1,null]}']);
    expect(json.warnings).toMatchObject([{ type: 'compatibility', feature: 'object documents' }]);
    const model = rerankingModel(ranker, { text: ({ body }: { body: string }) => body });
    expect((await model.doRerank({ query: 't', documents })).warnings).toEqual([]);
    expect(ranker.calls[1]?.texts).toEqual(['one', 'two']);
  });

  test('refuses what is no text and what is no JSON', async () => {
    const model = rerankingModel(fakeRanker());
    const mixed: RerankingCall['documents'] = { type: 'text', values: ['a', { b: 1 }] };
    await expect(model.doRerank({ query: 'a', documents: mixed })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const circle: { self?: object } = {};
    circle.self = circle;
    for (const value of [circle, { big: 1n }, () => {}]) {
      const call = model.doRerank({ query: 'a', documents: objects(value) });
      await expect(call).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  test("a call's topN and provider options come before those of the model", async () => {
    const ranker = fakeRanker();
    const model = rerankingModel(ranker, { topN: 2, instruction: 'own', priority: 1 });
    const documents = texts('a', 'b', 'c');
    expect((await model.doRerank({ query: 'a', documents })).ranking).toHaveLength(2);
    const providerOptions = { rerankit: { instruction: 'call', minScore: 0.5 }, other: { x: 1 } };
    expect((await model.doRerank({ query: 'a', documents, topN: 1, providerOptions })).ranking).toHaveLength(1);
    expect(ranker.calls.map(({ options }) => options)).toEqual([
      { topN: 2, instruction: 'own', priority: 1 },
      { topN: 1, instruction: 'call', minScore: 0.5, priority: 1 },
    ]);
  });

  test.each([
    { rerankit: { instrction: 'x' } },
    { rerankit: { instruction: 1 } },
    { rerankit: { minScore: 2 } },
    { rerankit: { text: () => 'x' } },
    { rerankit: { topN: 1 } },
  ])('refuses provider options %o', async (providerOptions) => {
    const call = rerankingModel(fakeRanker()).doRerank({ query: 'a', documents: texts('a'), providerOptions });
    await expect(call).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('hands the signal on: its reason is what a call rejects with', async () => {
    const controller = new AbortController();
    const call = rerankingModel(fakeRanker()).doRerank({
      query: 'a',
      documents: texts('a'),
      abortSignal: controller.signal,
    });
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });

  test('warns of headers and of documents that lost their tail', async () => {
    const documents = texts('short', 'long '.repeat(20), 'long too '.repeat(20));
    const { warnings } = await rerankingModel(fakeRanker()).doRerank({
      query: 'l',
      documents,
      headers: { 'x-tenant': '1' },
    });
    expect(warnings).toMatchObject([
      { type: 'unsupported', feature: 'headers' },
      { type: 'other', message: expect.stringContaining('documents 1, 2.') },
    ]);
    const none = await rerankingModel(fakeRanker()).doRerank({ query: 'l', documents: texts('a'), headers: {} });
    expect(none.warnings).toEqual([]);
  });

  test('refuses wrong options, and what is no reranker', () => {
    // @ts-expect-error: no such option
    expect(() => rerankingModel(fakeRanker(), { topK: 1 })).toThrow('topK');
    // @ts-expect-error: no such version
    expect(() => rerankingModel(fakeRanker(), { specificationVersion: 'v2' })).toThrow("one of 'v3', 'v4'");
    // @ts-expect-error: a promise
    expect(() => rerankingModel(Promise.resolve(fakeRanker()))).toThrow('await Reranker.load()');
  });
});

describe('createRerankit', () => {
  test('has the models it was given, under these names, and nothing else', async () => {
    const [small, large] = [fakeRanker(), fakeRanker()];
    const provider = createRerankit({ small, large }, { instruction: 'own' });
    const model = provider.rerankingModel('large');
    expect(model.modelId).toBe('large');
    await model.doRerank({ query: 'a', documents: texts('a') });
    expect(small.calls).toHaveLength(0);
    expect(large.calls).toMatchObject([{ options: { instruction: 'own' } }]);
    for (const name of ['huge', 'constructor', '__proto__', '']) {
      expect(() => provider.rerankingModel(name)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
    }
    for (const kind of ['languageModel', 'embeddingModel', 'imageModel'] as const) {
      expect(() => provider[kind]('small')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
    }
  });

  test('works without its `this`, and in specification 3', () => {
    const { specificationVersion, rerankingModel } = createRerankit(
      { a: fakeRanker() },
      { specificationVersion: 'v3' },
    );
    expect(specificationVersion).toBe('v3');
    expect(rerankingModel('a').specificationVersion).toBe('v3');
  });

  test.each([null, undefined, 'qwen', { a: null }, { a: Promise.resolve() }])('refuses %o', (rerankers) => {
    // @ts-expect-error: no rerankers
    expect(() => createRerankit(rerankers)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });
});
