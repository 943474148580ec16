import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reranker, RerankitError } from 'rerankit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { goldenCheckpoints } from './golden-files.ts';

const TIMEOUT = { timeout: 120_000 };
const MAX_LENGTH = 512;

let folder: string;
let embedded: Reranker;
let small: Reranker;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerankit-test-'));
  const spec = goldenCheckpoints.find((checkpoint) => checkpoint.name === 'one-layer')?.spec;
  if (spec === undefined) throw new Error('scores.json has no checkpoint one-layer');
  await writeSeededCheckpoint(folder, spec);
  small = await Reranker.load(folder);
  embedded = await Reranker.load(undefined, { maxLength: MAX_LENGTH });
}, TIMEOUT.timeout);

afterAll(async () => {
  await embedded?.dispose();
  await small?.dispose();
  await rm(folder, { recursive: true, force: true });
}, TIMEOUT.timeout);

/** What a JavaScript caller may pass where the types forbid it: `never` goes everywhere. */
function untyped(value: unknown): never {
  return value as never;
}

/** The error a promise rejects with; anything but the library's own error fails. */
async function failure(promise: Promise<unknown>): Promise<RerankitError> {
  const error = await promise.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!RerankitError.isInstance(error)) throw error;
  return error;
}

const NOT_STRINGS = [undefined, null, 42, true, 7n, Symbol('s'), [], () => 'x', new Date(0), Buffer.from('x')];

describe('wrong types', () => {
  it.each(NOT_STRINGS)('a document that is %s: the message has its index', async (value) => {
    const error = await failure(embedded.rerank('query', untyped(['fine', 'fine', value, 'fine'])));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toMatch(/\b2\b/);
  });

  it('a hole among the documents is not a string either', async () => {
    const holed = ['fine', 'fine'];
    holed[4] = 'fine';
    const error = await failure(embedded.rerank('query', holed));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toMatch(/\b2\b/);
  });

  it('an object document without a text selector', async () => {
    const error = await failure(embedded.rerank('query', untyped(['fine', { body: 'text' }])));
    expect(error.code).toMatch(/^INVALID_(INPUT|OPTION)$/);
    expect(error.message).toMatch(/\b1\b/);
    expect(error.message).toContain('text');
  });

  it('a text selector that returns something else', async () => {
    const documents = [{ body: 'fine' }, { body: untyped(5) }];
    const error = await failure(embedded.rerank('query', documents, { text: (document) => document.body }));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toMatch(/\b1\b/);
  });

  it.each(NOT_STRINGS)('a query that is %s', async (value) => {
    const error = await failure(embedded.rerank(untyped(value), ['fine']));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain('query');
  });

  it.each([undefined, null, 'text', 5, {}, new Set(['a'])])('documents that are %s', async (value) => {
    const error = await failure(embedded.rerank('query', untyped(value)));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain('documents');
  });

  it.each([undefined, null, 'text', 5, {}])('pairs that are %s', async (value) => {
    expect((await failure(embedded.score(untyped(value)))).code).toBe('INVALID_INPUT');
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { query: 'q' },
    { document: 'd' },
    { query: 1, document: 'd' },
    { query: 'q', document: ['d'] },
    { query: 'q', document: 'd', instruction: 3 },
  ])('a pair that is %j: the message has its index', async (value) => {
    const fine = { query: 'query', document: 'document' };
    const error = await failure(embedded.score(untyped([fine, fine, fine, value])));
    expect(error.code).toMatch(/^INVALID_(INPUT|OPTION)$/);
    expect(error.message).toMatch(/\b3\b/);
  });

  it('leaves the reranker in working order', async () => {
    const { results } = await embedded.rerank('query', ['fine']);
    expect(results).toHaveLength(1);
  });
});

describe('wrong options', () => {
  it.each([
    ['topN', -1],
    ['topN', 1.5],
    ['topN', '3'],
    ['topN', Number.NaN],
    ['minScore', 'high'],
    ['minScore', Number.NaN],
    ['minScore', 1.5],
    ['minScore', -0.5],
    ['instruction', 42],
    ['instruction', null],
    ['signal', {}],
    ['signal', 'stop'],
    ['priority', 'high'],
    ['priority', Number.NaN],
    ['text', 'body'],
  ])('rerank: %s %j', async (name, value) => {
    const error = await failure(embedded.rerank('query', ['document'], untyped({ [name]: value })));
    expectNamed(error, name, value);
  });

  it.each([5, 'fast', null])('rerank: options that are %j', async (value) => {
    expect((await failure(embedded.rerank('query', ['document'], untyped(value)))).code).toBe('INVALID_OPTION');
  });

  it.each([
    ['maxLength', 0],
    ['maxLength', -1],
    ['maxLength', 1.5],
    ['maxLength', '512'],
    ['maxLength', Number.POSITIVE_INFINITY],
    ['maxLength', 1_000_000_000],
    ['device', 'tpu'],
    ['device', 3],
    ['deviceId', -1],
    ['deviceId', 'first'],
    ['dtype', 'fp64'],
    ['threads', -1],
    ['threads', 1.5],
    ['threads', 'all'],
    ['tokenBudget', 0],
    ['tokenBudget', -5],
    ['tokenBudget', '4096'],
    ['attentionBudgetBytes', 0],
    ['attentionBudgetBytes', -1],
    ['attentionBudgetBytes', Number.NaN],
    ['onProgress', 'console'],
    ['signal', 'stop'],
  ])('load: %s %j', TIMEOUT, async (name, value) => {
    const error = await failure(loadAndDispose(untyped({ [name]: value })));
    expectNamed(error, name, value);
  });

  it.each([
    ['bf16', 'cpu'],
    ['fp16', 'cpu'],
    ['int8', 'cuda'],
    ['int4', 'webgpu'],
  ])('load: dtype %s does not run on device %s, and says so', TIMEOUT, async (dtype, device) => {
    const error = await failure(loadAndDispose(untyped({ dtype, device })));
    expectNamed(error, 'dtype', dtype);
    expect(error.message).toContain(device);
  });

  /** A load that ought to fail; if it does not, nothing of it may stay behind. */
  async function loadAndDispose(options: Parameters<typeof Reranker.load>[1]): Promise<void> {
    await (await Reranker.load(undefined, options)).dispose();
  }

  function expectNamed(error: RerankitError, name: string, value: unknown): void {
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(name);
    if (typeof value !== 'object') expect(error.message).toContain(String(value));
  }
});

describe('odd but legal', () => {
  it('an empty list', async () => {
    const { results, usage } = await embedded.rerank('query', []);
    expect(results).toEqual([]);
    expect(usage).toMatchObject({ promptTokens: 0, computedTokens: 0, savedTokens: 0 });
    expect((await embedded.score([])).scores).toEqual([]);
  });

  it('empty strings', async () => {
    const { results } = await embedded.rerank('', ['', ''], { instruction: '' });
    expect(results.map((result) => result.index)).toEqual([0, 1]);
    expect(results.every((result) => Number.isFinite(result.logit))).toBe(true);
  });

  it.each(['\ud800', 'a\udfffb', '\udc00\ud800', 'x\ud83d', '\ud83d\ud83d\ude00', '\udfff'.repeat(50)])(
    'lone surrogates (%j) read as U+FFFD, as every UTF-8 encoder writes them',
    async (text) => {
      const clean = Buffer.from(text).toString();
      const { scores } = await embedded.score([
        { query: 'query', document: text },
        { query: 'query', document: clean },
        { query: text, document: 'document', instruction: text },
        { query: clean, document: 'document', instruction: clean },
      ]);
      const [document, cleanDocument, query, cleanQuery] = scores.map((result) => result.logit);
      expect(document).toBeCloseTo(cleanDocument ?? Number.NaN, 4);
      expect(query).toBeCloseTo(cleanQuery ?? Number.NaN, 4);
    },
  );

  it('NUL does not end a text', async () => {
    const { scores } = await embedded.score([
      { query: 'Which planet is red?', document: 'The red\u0000 planet is Mars.' },
      { query: 'Which planet is red?', document: 'The red' },
      { query: 'Which\u0000 planet is red?', document: 'The red planet is Mars.' },
      { query: 'Which', document: 'The red planet is Mars.' },
    ]);
    const [document, cutDocument, query, cutQuery] = scores.map((result) => result.logit);
    expect(Math.abs((document ?? 0) - (cutDocument ?? 0))).toBeGreaterThan(1e-2);
    expect(Math.abs((query ?? 0) - (cutQuery ?? 0))).toBeGreaterThan(1e-2);
  });

  it('a query that leaves no room for a document', async () => {
    for (const query of ['word '.repeat(MAX_LENGTH), 'word '.repeat(2_000_000), '长'.repeat(5_000_000)]) {
      const error = await failure(embedded.rerank(query, ['document']));
      expect(error.code).toBe('PROMPT_TOO_LONG');
    }
  });
});

describe('sheer size', () => {
  const SIZE = 10_000_000;
  const HUGE = {
    words: 'all the king’s horses and 17 men '.repeat(SIZE / 32),
    'one unbroken word': 'abcdefghij'.repeat(SIZE / 10),
    'one letter': 'a'.repeat(SIZE),
    'unbroken Chinese': '长城全长约两万一千公里东起'.repeat(SIZE / 12),
    spaces: ' '.repeat(SIZE),
    newlines: '\n'.repeat(SIZE),
    punctuation: '!?-='.repeat(SIZE / 4),
    emoji: '😀'.repeat(SIZE / 2),
    'control-token strings': '<|im_end|>'.repeat(SIZE / 10),
  };

  it.each(Object.entries(HUGE))('a 10 MB document: %s', TIMEOUT, async (_, document) => {
    // Only the first few hundred tokens count, and no token of any vocabulary is hundreds of characters long.
    const head = document.slice(0, 400_000);
    const started = performance.now();
    const { results, usage } = await embedded.rerank('query', [document]);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(usage.promptTokens).toBe(MAX_LENGTH);
    const [result] = results;
    expect(result?.truncated).toBe(true);
    const expected = await embedded.rerank('query', [head]);
    expect(result?.logit).toBeCloseTo(expected.results[0]?.logit ?? Number.NaN, 4);
  });

  it('a 10 MB document of combining marks', TIMEOUT, async () => {
    // Canonical order sorts marks over any distance, so that only time and sanity can be checked here.
    const marks = Array.from({ length: 4096 }, (_, index) => String.fromCharCode(0x300 + ((index * 37) % 0x6f))).join(
      '',
    );
    const started = performance.now();
    const { results } = await embedded.rerank('query', [`a${marks.repeat(SIZE / 4096)}`]);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(results[0]?.truncated).toBe(true);
    expect(Number.isFinite(results[0]?.logit)).toBe(true);
  });

  it('10,000 documents', TIMEOUT, async () => {
    const documents = Array.from({ length: 10_000 }, (_, index) => `document number ${index}`);
    const { results } = await small.rerank('number 77', documents);
    expect(results.map((result) => result.index).toSorted((a, b) => a - b)).toEqual([...documents.keys()]);
    const picks = [0, 77, 4_999, 9_999];
    const { scores } = await small.score(
      picks.map((pick) => ({ query: 'number 77', document: `document number ${pick}` })),
    );
    for (const [place, pick] of picks.entries()) {
      const logit = results.find((result) => result.index === pick)?.logit;
      expect(logit).toBeCloseTo(scores[place]?.logit ?? Number.NaN, 4);
    }
  });
});

it('a disposed reranker says so', TIMEOUT, async () => {
  const reranker = await Reranker.load(folder);
  await reranker.dispose();
  await reranker.dispose();
  expect((await failure(reranker.rerank('query', ['document']))).code).toBe('DISPOSED');
  expect((await failure(reranker.score([{ query: 'q', document: 'd' }]))).code).toBe('DISPOSED');
});
