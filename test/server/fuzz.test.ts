import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/server/limits.ts';
import { ENDPOINTS } from '../../src/server/protocols/endpoints.ts';
import { post, served } from './support.ts';

const ENDPOINT_PATHS = ENDPOINTS.map((make) => make(DEFAULT_LIMITS).path);
/** Names that some protocol gives a meaning. */
const NAMES = [
  ...['model', 'query', 'documents', 'texts', 'text_1', 'text_2', 'queries', 'items', 'data_1', 'data_2'],
  ...['top_n', 'top_k', 'return_documents', 'return_text', 'rank_fields', 'truncation', 'truncate', 'raw_scores'],
  ...['instruction', 'priority', 'rerankit_priority', 'max_tokens_per_doc', 'use_activation', 'truncate_prompt_tokens'],
  ...['chat_template_kwargs', 'user', '__proto__', 'constructor', 'toString', ''],
];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('test', 'a', '<|im_end|>', '\ud800'),
);
const value = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: fc.array(text, { maxLength: 5 }) },
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, 1e308, -1, 0, 1, -0),
  fc.array(fc.record({ text: fc.oneof(text, fc.integer()), title: text }, { requiredKeys: [] }), { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
);
const object = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 7, noNullPrototype: true });
/** Requests of which most are almost right. */
const likely = fc
  .tuple(fc.record({ query: text, documents: fc.array(text, { maxLength: 5 }) }), object)
  .map(([good, odd]) => ({ ...good, ...odd }));
const body = fc.oneof(
  { weight: 4, arbitrary: likely.map((each) => JSON.stringify(each)) },
  { weight: 3, arbitrary: object.map((each) => JSON.stringify(each)) },
  fc.json(),
  // A good body with a few bytes of it changed, or without its end.
  fc.tuple(likely, fc.nat(), fc.nat(255)).map(([each, at, byte]) => {
    const bytes = new TextEncoder().encode(JSON.stringify(each));
    bytes[at % bytes.length] = byte;
    return bytes;
  }),
  fc.tuple(likely, fc.nat()).map(([each, at]) => JSON.stringify(each).slice(0, at % 40)),
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom('', 'null', '[]', '{}', `${'['.repeat(50_000)}`, `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`),
);

test('10,000 bodies: each is answered, with no failure of the server', async () => {
  const { handler, reranker, log } = served();
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ENDPOINT_PATHS), body, async (path, bytes) => {
      const answer = await post(handler, path, bytes);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect([200, 400, 404, 422]).toContain(answer.status);
      if (answer.status !== 200) expect(typeof answer.body).toBe('object');
      log.length = 0;
      reranker.reset();
    }),
    { numRuns: 10_000, seed: 6 },
  );
  expect(reranker.stats()).toMatchObject({ openCalls: 0, queuedDocuments: 0 });
  // It has seen all of them, not only refusals.
  for (const status of [200, 400, 422]) expect(statuses.get(status)).toBeGreaterThan(200);
}, 60_000);
