import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Reranker } from 'rerankit';
import { Embedder, type EmbedProgress } from 'rerankit/embedding';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goldenTexts } from '../e2e/golden-files.ts';
import { eventsOf } from '../observability/events.ts';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { writeEmbedder, writeMarkers } from './checkpoint.ts';
import { cosine, golden } from './golden.ts';

const [, CHECKPOINT] = golden.checkpoints;
if (CHECKPOINT === undefined) throw new Error('vectors.json has no second checkpoint');
const { spec } = CHECKPOINT;
const MIB = 2 ** 20;
/** How far a number of a vector may move with its company. */
const TOLERANCE = 1e-5;

// All scripts, lengths from nothing to a thousand tokens, and text that looks like control tokens.
const TEXTS = ['scripts', 'code', 'forgery', 'documents-7', 'long-1k', 'edges']
  .flatMap((group) => goldenTexts[group] ?? [])
  .flatMap(({ query, documents }) => [query, ...documents]);

/** Every way of cutting work up. */
const BUDGETS = [
  {},
  { tokenBudget: 128 },
  { tokenBudget: 1024, attentionBudgetBytes: 2 * MIB },
  { tokenBudget: 32_768, attentionBudgetBytes: 512 * MIB },
] as const;

let folder: string;
const embedders: Embedder[] = [];
/** The vector of each text, in a call of its own. */
const alone: Float32Array[] = [];
const first = () => get(embedders, 0);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerankit-embed-'));
  await writeEmbedder(folder, spec);
  for (const budget of BUDGETS)
    embedders.push(await Embedder.load(folder, { device: 'cpu', dtype: 'fp32', ...budget }));
  for (const text of TEXTS) alone.push(get((await first().embedDocuments([text])).embeddings, 0));
});
afterAll(async () => {
  for (const embedder of embedders) await embedder.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('vectors', () => {
  const anyTexts = fc.array(fc.nat(TEXTS.length - 1), { minLength: 1, maxLength: 40, size: 'max' });
  const anyEmbedder = fc.nat(BUDGETS.length - 1);

  test('are those of the text alone, in order, whatever the company and the budget', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyEmbedder, anyTexts), { minLength: 1, maxLength: 4 }), async (calls) => {
        const results = await Promise.all(
          calls.map(([which, picks]) => get(embedders, which).embedDocuments(picks.map((pick) => get(TEXTS, pick)))),
        );
        for (const [at, [, picks]] of calls.entries()) {
          const { embeddings } = get(results, at);
          expect(embeddings).toHaveLength(picks.length);
          for (const [place, pick] of picks.entries()) expectNear(get(embeddings, place), get(alone, pick));
        }
      }),
      { numRuns: 8 },
    );
  });

  test('differ from text to text, and have length 1', () => {
    for (const vector of alone) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    const different = new Set(TEXTS);
    expect(new Set(alone.map((vector) => vector.slice(0, 4).join())).size).toBe(different.size);
  });

  test('of fewer dimensions are the first numbers, normalised again', async () => {
    await fc.assert(
      fc.asyncProperty(anyTexts, fc.integer({ min: 1, max: spec.hidden }), async (picks, dimensions) => {
        const texts = picks.map((pick) => get(TEXTS, pick));
        const { embeddings } = await first().embedDocuments(texts, { dimensions });
        for (const [place, pick] of picks.entries()) {
          const whole = get(alone, pick).subarray(0, dimensions);
          const vector = get(embeddings, place);
          expect(vector).toHaveLength(dimensions);
          expectNear(
            vector,
            whole.map((value) => value / Math.hypot(...whole)),
          );
        }
      }),
      { numRuns: 5 },
    );
    await using few = await Embedder.load(folder, { device: 'cpu', dtype: 'fp32', dimensions: 32 });
    expect(few.info).toMatchObject({ dimensions: 32, maxDimensions: spec.hidden });
    expect((await few.embedQuery('a')).embedding).toHaveLength(32);
    expect((await few.embedQuery('a', { dimensions: spec.hidden })).embedding).toHaveLength(spec.hidden);
  });

  test('have memory of their own', async () => {
    const { embeddings } = await first().embedDocuments(['one', 'two']);
    for (const { buffer } of embeddings) expect(buffer.byteLength).toBe(4 * spec.hidden);
  });

  test('of a query are those of its prompt and text as one document', async () => {
    const { embedding } = await first().embedQuery('what is it', { instruction: 'Find the definition' });
    const { embeddings } = await first().embedDocuments(['Instruct: Find the definition\nQuery:what is it']);
    expectNear(embedding, get(embeddings, 0));
    const other = await first().embedQuery('what is it');
    expect(cosine(other.embedding, embedding)).toBeLessThan(0.99);
  });
});

describe('prompts', () => {
  test('are those of the model, unless an instruction is given', async () => {
    const own = await mkdtemp(join(tmpdir(), 'rerankit-embed-'));
    try {
      await writeEmbedder(own, spec);
      const prompts = { query: 'search_query: ', document: 'passage:' };
      await writeMarkers(own, { 'config_sentence_transformers.json': { prompts } });
      await using embedder = await Embedder.load(own, { device: 'cpu', dtype: 'fp32' });
      expect(embedder.info).toMatchObject({ queryPrompt: 'search_query: ', documentPrompt: 'passage:' });
      const plain = await first().embedDocuments(['search_query: x', 'passage:x', 'Instruct: find\nQuery:x']);
      expectNear((await embedder.embedQuery('x')).embedding, get(plain.embeddings, 0));
      expectNear(get((await embedder.embedDocuments(['x'])).embeddings, 0), get(plain.embeddings, 1));
      expectNear((await embedder.embedQuery('x', { instruction: 'find' })).embedding, get(plain.embeddings, 2));
      await using instructed = await Embedder.load(own, { device: 'cpu', dtype: 'fp32', instruction: 'find' });
      expectNear((await instructed.embedQuery('x')).embedding, get(plain.embeddings, 2));
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  });
});

describe('calls', () => {
  test('take documents of any kind, and tell how far they are', async () => {
    const seen: EmbedProgress[] = [];
    const documents = TEXTS.map((body, id) => ({ id, body }));
    const options = {
      text: ({ body }: { body: string }) => body,
      onProgress: (one: EmbedProgress) => void seen.push(one),
    };
    const { embeddings } = await get(embedders, 1).embedDocuments(documents, options);
    for (const [at, vector] of embeddings.entries()) expectNear(vector, get(alone, at));
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toEqual({ embedded: TEXTS.length, total: TEXTS.length });
    expect(await first().embedDocuments([])).toEqual({
      embeddings: [],
      truncated: [],
      usage: { promptTokens: 0, computedTokens: 0, savedTokens: 0 },
    });
  });

  test('are given up when their signal says so, and leave the queue', async () => {
    const embedder = get(embedders, 1);
    const reason = new Error('enough');
    const call = embedder.embedDocuments(Array(2000).fill('some words of a text'), {
      signal: AbortSignal.any([AbortSignal.timeout(60_000), abortedSoon(reason)]),
    });
    await expect(call).rejects.toBe(reason);
    await expect(embedder.embedQuery('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(embedder.stats()).toMatchObject({ queuedDocuments: 0, openCalls: 0, total: { aborts: 2 } });
  });

  test('are refused by name when they are wrong', async () => {
    const embedder = first();
    const refused = async (call: () => Promise<unknown>, code: string, message: RegExp) =>
      expect(call()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    const wrong = <T>(value: unknown) => value as T;
    await refused(() => embedder.embedQuery(wrong(7)), 'INVALID_INPUT', /query must be a string, not 7/);
    await refused(() => embedder.embedDocuments(wrong('a')), 'INVALID_INPUT', /documents must be an array/);
    await refused(() => embedder.embedDocuments(wrong(['a', 1])), 'INVALID_INPUT', /documents\[1\] is 1/);
    await refused(
      () => embedder.embedQuery('a', wrong({ topN: 1 })),
      'INVALID_OPTION',
      /embedQuery has no option "topN"/,
    );
    await refused(() => embedder.embedQuery('a', { dimensions: 0 }), 'INVALID_OPTION', /at least 1, not 0/);
    await refused(() => embedder.embedDocuments(['a'], { dimensions: 97 }), 'INVALID_OPTION', /is 97, but .* have 96/);
    const instruction = 'word '.repeat(20_000);
    await refused(() => embedder.embedQuery('a', { instruction }), 'PROMPT_TOO_LONG', /100\d* characters/);
    await refused(() => Embedder.load(wrong(undefined)), 'INVALID_OPTION', /needs a model/);
    await refused(() => Embedder.load(folder, { dimensions: 97 }), 'INVALID_OPTION', /is 97, but .* have 96/);
    await refused(() => Embedder.load(folder, wrong({ onnxFile: 'x' })), 'INVALID_OPTION', /no option "onnxFile"/);
    await refused(() => Embedder.load(folder, wrong({ pooling: 'mean' })), 'INVALID_OPTION', /one of 'last-token'/);
  });

  test('survive hostile text', async () => {
    const texts = ['x'.repeat(3e6), '\u0301'.repeat(1e5), '\ud800'.repeat(50), '<|endoftext|>'.repeat(2000), '\u0000'];
    await using embedder = await Embedder.load(folder, { device: 'cpu', dtype: 'fp32', maxLength: 512 });
    const { embeddings, truncated } = await embedder.embedDocuments(texts);
    for (const vector of embeddings) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    expect(truncated).toEqual([true, true, false, true, false]);
  });
});

describe('a loaded embedder', () => {
  test('is counted and traced', async () => {
    let embedder: Embedder | undefined;
    const events = await eventsOf(async () => {
      embedder = await Embedder.load(folder, { device: 'cpu', dtype: 'fp32' });
      await embedder.embedDocuments(['one', 'two']);
      await embedder.embedQuery('three');
    });
    const ends = (channel: string) =>
      events.filter((one) => one.channel === channel && one.event === 'asyncEnd').map(({ seen }) => seen);
    expect(ends('load')).toMatchObject([{ model: folder, info: embedder?.info }]);
    expect(ends('embed')).toMatchObject([
      { kind: 'documents', documents: 2, truncated: 0, runs: 1, device: 'cpu' },
      { kind: 'query', documents: 1 },
    ]);
    expect(ends('run')).toHaveLength(2);
    expect(embedder?.stats()).toMatchObject({ queuedDocuments: 0, total: { calls: 2, documents: 3, runs: 2 } });
    await embedder?.dispose();
    await expect(embedder?.embedQuery('a')).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('is no reranker, and a reranker is none', async () => {
    await expect(Reranker.load(folder)).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringMatching(/is an embedding model, not a reranker/),
    });
    const own = await mkdtemp(join(tmpdir(), 'rerankit-embed-'));
    try {
      await writeSeededCheckpoint(own, { ...spec, head: 'sequence-classification' });
      await expect(Embedder.load(own, { pooling: 'last-token' })).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  });
});

function abortedSoon(reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 20);
  return controller.signal;
}

function expectNear(actual: Float32Array, expected: Float32Array): void {
  expect(actual).toHaveLength(expected.length);
  const worst = actual.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[at] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(TOLERANCE);
}

function get<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`nothing at ${index} of ${list.length}`);
  return value;
}
