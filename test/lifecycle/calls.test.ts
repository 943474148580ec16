import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  DEFAULT_INSTRUCTION,
  type LoadProgress,
  type Pair,
  Reranker,
  RerankitError,
  type ScoreProgress,
} from 'rerankit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const DOCUMENTS = Array.from({ length: 80 }, (_, index) => `document ${index} `.repeat(20));

describe('a loaded reranker', () => {
  let reranker: Reranker;
  beforeAll(async () => {
    reranker = await Reranker.load(undefined, { tokenBudget: 512, maxQueuedDocuments: 120 });
  });
  afterAll(() => reranker.dispose());

  test('leaves the event loop free while it ranks', async () => {
    let turns = 0;
    let ranking = true;
    const turn = () => {
      turns++;
      if (ranking) setTimeout(turn, 1);
    };
    turn();
    await reranker.rerank('query', DOCUMENTS);
    ranking = false;
    // A blocked loop would turn once between two runs, and this call takes about ten.
    expect(turns).toBeGreaterThan(60);
  });

  test('an aborted call rejects with its reason and its neighbour is not disturbed', async () => {
    const alone = await reranker.rerank('neighbour', DOCUMENTS.slice(0, 20));
    const controller = new AbortController();
    const reason = new Error('the user left');
    const aborted = reranker.rerank('query', DOCUMENTS, { signal: controller.signal });
    const neighbour = reranker.rerank('neighbour', DOCUMENTS.slice(0, 20));
    setTimeout(() => controller.abort(reason), 20);
    await expect(aborted).rejects.toBe(reason);
    const beside = await neighbour;
    for (const [index, { logit }] of beside.results.entries()) {
      expect(logit).toBeCloseTo(alone.results[index]?.logit ?? Number.NaN, 4);
    }
  });

  test('a small call overtakes a huge one', async () => {
    const order: string[] = [];
    const huge = reranker.rerank('huge', DOCUMENTS).then(() => order.push('huge'));
    const small = reranker.rerank('small', ['a', 'b']).then(() => order.push('small'));
    await Promise.all([huge, small]);
    expect(order).toEqual(['small', 'huge']);
  });

  test('more documents than the queue takes are refused at once, and room comes back', async () => {
    const first = reranker.rerank('query', DOCUMENTS);
    await expect(reranker.rerank('query', DOCUMENTS)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await first;
    expect((await reranker.rerank('query', DOCUMENTS.slice(0, 3))).results).toHaveLength(3);
  });

  test('calls that arrive together share runs', async () => {
    const queries = Array.from({ length: 10 }, (_, index) => `query ${index}`);
    const calls = await Promise.all(queries.map((query) => reranker.rerank(query, ['one', 'two'])));
    const pairs = queries.flatMap((query) => ['one', 'two'].map((document) => ({ query, document })));
    const { scores } = await reranker.score(pairs);
    for (const [index, { results }] of calls.entries()) {
      for (const { index: document, logit } of results) {
        expect(logit).toBeCloseTo(scores[2 * index + document]?.logit ?? Number.NaN, 4);
      }
    }
  });

  test("the caller's array may change while the call runs", async () => {
    const documents = ['one', 'two', 'three'];
    const call = reranker.rerank('query', documents);
    documents.length = 0;
    expect((await call).results.map(({ document }) => document).sort()).toEqual(['one', 'three', 'two']);

    const pairs = [
      { query: 'q', document: 'one' },
      { query: 'q', document: 'two' },
    ];
    const shorter = reranker.score(pairs);
    pairs.length = 1;
    expect((await shorter).scores).toHaveLength(2);
    const longer = reranker.score(pairs);
    pairs.push({ query: 'q', document: 'three' });
    expect((await longer).scores).toHaveLength(1);
  });

  test('documents are read before a selector can change them', async () => {
    const documents = [{ body: 'one' }, { body: 'two' }, { body: 'three' }];
    const all = [...documents];
    const text = (document: { body: string }) => {
      documents.length = 0;
      return document.body;
    };
    const { results } = await reranker.rerank('query', documents, { text });
    expect(results.map(({ document, index }) => document === all[index])).toEqual([true, true, true]);
  });

  test('a call that will be refused is not prepared', async () => {
    let texts = 0;
    const text = () => {
      texts++;
      return 'x';
    };
    await expect(reranker.rerank('q', new Array(121).fill({}), { text })).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    expect(texts).toBe(0);
  });

  test('progress counts up to the total, and what it throws rejects the call', async () => {
    const seen: ScoreProgress[] = [];
    await reranker.rerank('query', DOCUMENTS, { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toEqual({ scored: DOCUMENTS.length, total: DOCUMENTS.length });
    for (const [at, { scored }] of seen.entries()) expect(scored).toBeGreaterThan(seen[at - 1]?.scored ?? 0);

    const reason = new Error('of the observer');
    const onProgress = () => {
      throw reason;
    };
    await expect(reranker.rerank('query', DOCUMENTS, { onProgress })).rejects.toBe(reason);
    await expect(reranker.score([{ query: 'q', document: 'd' }], { onProgress })).rejects.toBe(reason);
    expect((await reranker.rerank('query', ['a'])).results).toHaveLength(1);
  });

  test('a part of a pair that does not exist is refused by name', async () => {
    const pair = { query: 'q', document: 'd', instructions: 'misspelt' };
    await expect(reranker.score([pair])).rejects.toThrow(
      /pairs\[0\] has no part "instructions"; it has query, document/,
    );
    const nothing = { query: 'q', document: 'd', instruction: null } as unknown as Pair;
    await expect(reranker.score([nothing])).rejects.toThrow(/pairs\[0\]\.instruction must be a string, not null/);
  });

  test('a query that cannot fit is refused without being read', async () => {
    const query = 'x'.repeat(10_000_000);
    const pairs = Array.from({ length: 100 }, () => ({ query, document: 'd' }));
    await expect(reranker.score(pairs)).rejects.toMatchObject({ code: 'PROMPT_TOO_LONG' });
  });
});

describe('dispose', () => {
  test('lets calls under way finish, refuses new ones', async () => {
    const reranker = await Reranker.load();
    const call = reranker.rerank('query', DOCUMENTS.slice(0, 30));
    const disposed = reranker.dispose();
    await expect(reranker.rerank('query', ['a'])).rejects.toMatchObject({ code: 'DISPOSED' });
    expect((await call).results).toHaveLength(30);
    await disposed;
    await expect(reranker.score([])).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});

describe('load', () => {
  test('an aborted signal gives its reason, before and during', async () => {
    const reason = new Error('changed my mind');
    await expect(Reranker.load(undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const phase of ['tokenizer', 'session'] as const) {
      const controller = new AbortController();
      const onProgress = (progress: LoadProgress) => progress.phase === phase && controller.abort(reason);
      await expect(Reranker.load(undefined, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    }
  });

  test('tells what was chosen', async () => {
    await using reranker = await Reranker.load(undefined, { device: 'cpu', threads: 1, maxLength: 512 });
    expect(reranker.info).toEqual({
      model: 'embedded',
      source: 'embedded',
      kind: 'qwen3',
      adapters: [],
      revision: undefined,
      dtype: 'fp32',
      dtypeReason: expect.stringContaining('the model is small'),
      device: 'cpu',
      deviceId: 0,
      deviceIds: [0],
      threads: 1,
      refusedDevices: [],
      instruction: DEFAULT_INSTRUCTION,
      contextLength: expect.any(Number),
      maxLength: 512,
    });
  });

  test('the number of a device that is not numbered is 0', async () => {
    await using reranker = await Reranker.load(undefined, { deviceId: 3 });
    // With a GPU of that number, this would be it.
    if (reranker.info.device === 'cpu') expect(reranker.info.deviceId).toBe(0);
    else expect(reranker.info).toMatchObject({ device: 'cuda', deviceId: 3 });
  });

  test('a tokenizer of another model is refused by its ids', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rerankit-vocabulary-'));
    await cp(fileURLToPath(new URL('../../models/default', import.meta.url)), folder, { recursive: true });
    const path = join(folder, 'tokenizer.json');
    const tokenizer = JSON.parse(await readFile(path, 'utf8'));
    const [token] = Object.keys(tokenizer.model.vocab).slice(-1);
    tokenizer.model.vocab[String(token)] = 2_000_000_000;
    await writeFile(path, JSON.stringify(tokenizer));
    await expect(Reranker.load(folder)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/has ids up to 2000000000, but config.json says that vocab_size is \d+/),
    });
    await rm(folder, { recursive: true });
  });

  test('a device that cannot be had is an error that says what is missing', async () => {
    // No machine has both; Linux has neither.
    const device = process.platform === 'darwin' ? 'dml' : 'coreml';
    const error = await Reranker.load(undefined, { device }).catch((error: unknown) => error);
    expect(RerankitError.isInstance(error, 'DEVICE_UNAVAILABLE')).toBe(true);
    expect(String(error)).toContain(`device '${device}': onnxruntime-node for ${process.platform}`);
  });

  test('more than the model knows is refused by name', async () => {
    await expect(Reranker.load(undefined, { maxLength: 1_000_000 })).rejects.toThrow(/maxLength is 1000000/);
  });
});
