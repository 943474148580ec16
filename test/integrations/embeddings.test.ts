import { describe, expect, test } from 'vitest';
import { createRerankit, embeddingModel } from '../../src/integrations/ai-sdk/index.ts';
import { embeddings } from '../../src/integrations/langchain/index.ts';
import { fakeEmbedder } from './fake-embedder.ts';
import { deepFreeze, fakeRanker } from './fake-ranker.ts';

describe('embeddings of LangChain', () => {
  test('are plain arrays, of queries and of documents', async () => {
    const embedder = fakeEmbedder();
    const both = embeddings(embedder, { instruction: 'Find it', dimensions: 2, priority: 1 });
    const query = await both.embedQuery('abc');
    expect(query).toEqual([1, 3]);
    expect(Array.isArray(query)).toBe(true);
    expect(await both.embedDocuments(['a', 'ab'])).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect(embedder.calls).toEqual([
      { kind: 'query', texts: ['abc'], options: { instruction: 'Find it', dimensions: 2, priority: 1 } },
      { kind: 'documents', texts: ['a', 'ab'], options: { dimensions: 2, priority: 1 } },
    ]);
    expect(await both.embedDocuments([])).toEqual([]);
  });

  test('refuse wrong options, and what is no embedder', () => {
    // @ts-expect-error: no such option
    expect(() => embeddings(fakeEmbedder(), { topN: 1 })).toThrow('embeddings has no option "topN"');
    // @ts-expect-error: a promise
    expect(() => embeddings(Promise.resolve(fakeEmbedder()))).toThrow('await Embedder.load(…)');
    // @ts-expect-error: a reranker
    expect(() => embeddings(fakeRanker())).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });
});

describe('embeddingModel of the AI SDK', () => {
  test('is a plain object of specification 4, or 3 if asked for, named after the model', () => {
    expect(embeddingModel(fakeEmbedder())).toMatchObject({
      specificationVersion: 'v4',
      provider: 'rerankit',
      modelId: 'fake',
      maxEmbeddingsPerCall: undefined,
      supportsParallelCalls: true,
    });
    const third = embeddingModel(fakeEmbedder(), { specificationVersion: 'v3', modelId: 'mine' });
    expect(third).toMatchObject({ specificationVersion: 'v3', modelId: 'mine' });
    expect(Object.getPrototypeOf(third)).toBe(Object.prototype);
  });

  test('embeds documents, or queries if the call says so', async () => {
    const embedder = fakeEmbedder();
    const model = embeddingModel(embedder, { instruction: 'own', dimensions: 2 });
    const values = ['a', 'ab'];
    expect(await model.doEmbed(deepFreeze({ values }))).toEqual({
      embeddings: [
        [0, 1],
        [0, 2],
      ],
      usage: { tokens: 5 },
      providerMetadata: { rerankit: { promptTokens: 5, computedTokens: 3, savedTokens: 2 } },
      warnings: [],
    });
    const providerOptions = { rerankit: { inputType: 'query', instruction: 'call', priority: 3 } };
    const queries = await model.doEmbed(deepFreeze({ values, providerOptions }));
    expect(queries).toMatchObject({
      embeddings: [
        [1, 1],
        [1, 2],
      ],
      usage: { tokens: 10 },
      providerMetadata: { rerankit: { promptTokens: 10, computedTokens: 6, savedTokens: 4 } },
    });
    expect(embedder.calls).toEqual([
      { kind: 'documents', texts: values, options: { dimensions: 2 } },
      { kind: 'query', texts: ['a'], options: { dimensions: 2, instruction: 'call', priority: 3 } },
      { kind: 'query', texts: ['ab'], options: { dimensions: 2, instruction: 'call', priority: 3 } },
    ]);
    const always = embeddingModel(embedder, { inputType: 'query' });
    expect((await always.doEmbed({ values: ['abc'] })).embeddings).toEqual([[1, 3]]);
  });

  test('hands the signal on, and warns of headers and of what was cut', async () => {
    const reason = new Error('enough');
    const aborted = { values: ['a'], abortSignal: AbortSignal.abort(reason) };
    await expect(embeddingModel(fakeEmbedder()).doEmbed(aborted)).rejects.toBe(reason);
    const values = ['short', 'long '.repeat(20)];
    for (const inputType of ['query', 'document'] as const) {
      const model = embeddingModel(fakeEmbedder(), { inputType });
      expect((await model.doEmbed({ values, headers: { 'x-tenant': '1' } })).warnings).toMatchObject([
        { type: 'unsupported', feature: 'headers' },
        { type: 'other', message: expect.stringContaining('values 1.') },
      ]);
    }
  });

  test.each([
    { rerankit: { inputType: 'passage' } },
    { rerankit: { dimensions: 0 } },
    { rerankit: { taskType: 'query' } },
  ])('refuses provider options %o', async (providerOptions) => {
    const call = embeddingModel(fakeEmbedder()).doEmbed({ values: ['a'], providerOptions });
    await expect(call).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('stands in a provider beside rerankers', () => {
    const provider = createRerankit({ best: fakeRanker() }, { embedders: { recall: fakeEmbedder() } });
    expect(provider.embeddingModel('recall')).toMatchObject({ modelId: 'recall', specificationVersion: 'v4' });
    for (const name of ['best', 'constructor', '__proto__']) {
      expect(() => provider.embeddingModel(name)).toThrow(
        expect.objectContaining({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('recall') }),
      );
    }
    const third = createRerankit({}, { specificationVersion: 'v3', embedders: { recall: fakeEmbedder() } });
    expect(third.embeddingModel('recall').specificationVersion).toBe('v3');
    // @ts-expect-error: a promise
    expect(() => createRerankit({}, { embedders: { a: Promise.resolve() } })).toThrow('await Embedder.load');
  });
});
