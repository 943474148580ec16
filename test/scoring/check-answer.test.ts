import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EngineAnswer } from '../../src/engine/reranker-engine.ts';
import { RerankitError } from '../../src/errors.ts';
import { Reranker } from '../../src/reranker.ts';
import { checkAnswer } from '../../src/scoring/check-answer.ts';

const check = (answer: unknown, count = 2) => checkAnswer(answer as EngineAnswer, count);

test.each([
  [undefined, /returned undefined instead of an answer; it must give \{ logits \}/],
  ['ab', /returned "ab" instead of an answer/],
  [[1, 2], /returned undefined logits for 2 documents/],
  [{}, /returned undefined logits for 2 documents; it must give one a document/],
  [{ logits: null }, /returned undefined logits/],
  [{ logits: [1] }, /returned 1 logits for 2 documents/],
  [{ logits: [1, 2, 3] }, /returned 3 logits for 2 documents/],
  [{ logits: 'ab' }, /returned "a" as the logit of document 0; it must give a finite number/],
  [{ logits: [1, '2'] }, /returned "2" as the logit of document 1/],
  [{ logits: [1, 2n] }, /returned 2n as the logit of document 1/],
  [{ logits: [Number.NaN, 1] }, /returned NaN as the logit of document 0/],
  [{ logits: [1, Number.NEGATIVE_INFINITY] }, /returned -Infinity as the logit of document 1/],
  [{ logits: { length: 2, 0: 1 } }, /returned undefined as the logit of document 1/],
  [{ logits: [1, 2], truncated: [true] }, /returned 1 truncated for 2 documents/],
  [{ logits: [1, 2], truncated: null }, /returned undefined truncated/],
  [{ logits: [1, 2], truncated: [true, 'no'] }, /returned "no" as truncated of document 1; it must give true or false/],
  [{ logits: [1, 2], promptTokens: -1 }, /returned -1 as promptTokens; it must give a whole number/],
  [{ logits: [1, 2], promptTokens: 1.5 }, /returned 1.5 as promptTokens/],
  [{ logits: [1, 2], promptTokens: '5' }, /returned "5" as promptTokens/],
  [{ logits: [1, 2], promptTokens: 5, computedTokens: 6 }, /returned 6 computedTokens for 5 promptTokens/],
  [{ logits: [1, 2], computedTokens: 6 }, /returned undefined as promptTokens/],
])('answer %# is none', (answer, message) => {
  expect(() => check(answer)).toThrow(message);
  expect(() => check(answer)).toThrow(expect.objectContaining({ code: 'ENGINE_FAILED' }));
});

test('answers of all shapes', () => {
  expect(check({ logits: Float32Array.of(1, -2) })).toEqual({
    logits: Float64Array.of(1, -2),
    truncated: new Uint8Array(),
    tokens: undefined,
  });
  expect(
    check({ logits: { length: 2, 0: 1e300, 1: -0 }, truncated: [false, true], promptTokens: 7, other: 1 }),
  ).toEqual({
    logits: Float64Array.of(1e300, -0),
    truncated: Uint8Array.of(0, 1),
    tokens: { prompt: 7, computed: 7 },
  });
});

test('an answer is read once', () => {
  let reads = 0;
  const logits = Object.defineProperty([0], 0, { get: () => (reads++ === 0 ? 1 : Number.NaN) });
  expect(check({ logits }, 1).logits).toEqual(Float64Array.of(1));
});

/** Anything, but now and then nearly an answer. */
const anyAnswer = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
  fc.record(
    {
      logits: fc.oneof(fc.array(fc.double(), { maxLength: 4 }), fc.float32Array({ maxLength: 4 }), fc.anything()),
      truncated: fc.oneof(fc.array(fc.boolean(), { maxLength: 4 }), fc.anything()),
      promptTokens: fc.oneof(fc.nat(), fc.anything()),
      computedTokens: fc.oneof(fc.nat(), fc.anything()),
    },
    { requiredKeys: [] },
  ),
);

test('property: whatever an engine answers, a call gives finite scores or rejects with ENGINE_FAILED', async () => {
  await fc.assert(
    fc.asyncProperty(anyAnswer, fc.integer({ min: 1, max: 3 }), async (answer, count) => {
      const reranker = Reranker.fromEngine({ score: () => answer as EngineAnswer });
      const documents = Array.from({ length: count }, () => 'd');
      try {
        const { results, usage } = await reranker.rerank('q', documents);
        expect(results.length).toBe(count);
        for (const { score, logit } of results) {
          expect(Number.isFinite(logit)).toBe(true);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        }
        expect(usage.savedTokens).toBeGreaterThanOrEqual(0);
      } catch (error) {
        if (!RerankitError.isInstance(error, 'ENGINE_FAILED')) throw error;
      }
      expect(reranker.stats()).toMatchObject({ queuedDocuments: 0, openCalls: 0, running: false });
    }),
    { numRuns: 500 },
  );
});

test('answers that throw when they are looked at', async () => {
  const { proxy, revoke } = Proxy.revocable({ logits: [1] }, {});
  revoke();
  const throwing = {
    get logits(): number[] {
      throw new Error('look away');
    },
  };
  for (const answer of [proxy, throwing]) {
    const reranker = Reranker.fromEngine({ score: () => answer });
    await expect(reranker.rerank('q', ['d'])).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  }
});
