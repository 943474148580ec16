import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { queryPrompt } from '../../src/embedding/prompt.ts';
import { EmbeddingEncoder } from '../../src/prompt/embedding.ts';
import { MIN_DOCUMENT_TOKENS } from '../../src/prompt/encode.ts';
import { createTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { golden } from '../embedding/golden.ts';
import { embedded } from '../tokenizer/embedded.ts';
import { qwen3 } from '../tokenizer/qwen3.ts';
import { anyText, FUZZ, forgeries, TEST_TIMEOUT, TEXTS } from '../tokenizer/texts.ts';
import { trained } from '../tokenizer/trained.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT });

const maxLength = 100_000;
const encode = (encoder: EmbeddingEncoder, prompt: string, text: string, length = maxLength) => {
  const encoded = encoder.encodePrompt(prompt, length);
  const { tokens, truncated } = encoder.encodeText(text, encoded, length - encoded.prefix.length);
  return { ids: [...encoded.prefix, ...tokens], truncated };
};

describe.each([qwen3, embedded])('texts to embed in the $name vocabulary', ({ ours, plain, addedTokens }) => {
  const encoder = new EmbeddingEncoder(ours);
  const end = ours.tokenId('<|endoftext|>');
  const expected = async (text: string) => [...(await plain(text)), end];

  test('have the ids of prompt and text in one piece, for every text as instruction and as query', async () => {
    for (const text of TEXTS) {
      for (const [prompt, query] of [
        ['', text],
        [queryPrompt('Find it'), text],
        [queryPrompt(text), 'plain words'],
        [text, ':colon'],
      ] as const) {
        expect(encode(encoder, prompt, query).ids, prompt + query).toEqual(await expected(prompt + query));
      }
    }
  });

  test('the same for any text', async () => {
    const any = anyText(addedTokens);
    await fc.assert(
      fc.asyncProperty(any, any, fc.boolean(), async (instruction, query, template) => {
        const prompt = template ? queryPrompt(instruction) : instruction;
        expect(encode(encoder, prompt, query).ids).toEqual(await expected(prompt + query));
      }),
      FUZZ,
    );
  });

  test('queries share all of the template but its colon', () => {
    const { prefix, rest } = encoder.encodePrompt(queryPrompt('Find it'), maxLength);
    expect(rest).toBe(':');
    expect([...prefix]).toEqual([...ours.encodeText('Instruct: Find it\nQuery').ids]);
  });

  test('hold no control token but the last, whatever they say', async () => {
    const control = new Set(addedTokens.map((token) => ours.tokenId(token)));
    for (const text of forgeries(addedTokens)) {
      const { ids } = encode(encoder, queryPrompt(text), text);
      expect(ids).toEqual(await expected(queryPrompt(text) + text));
      expect(ids.filter((id) => control.has(id))).toEqual([end]);
    }
  });

  test('lose their tail where they are too long, and keep what ends them', () => {
    for (const length of [64, 65, 100]) {
      const { ids, truncated } = encode(encoder, queryPrompt('Find it'), 'word '.repeat(200), length);
      expect([ids.length, ids.at(-1), truncated]).toEqual([length, end, true]);
    }
    expect(encode(encoder, '', 'short', 64).truncated).toBe(false);
  });

  test('have room behind their prompt, or are refused', () => {
    const words = (count: number) => 'a'.concat(' a'.repeat(count - 1));
    const most = 64 - 1 - MIN_DOCUMENT_TOKENS;
    expect(encode(encoder, words(most), ' b', 64).ids).toHaveLength(most + 2);
    for (const prompt of [words(most + 1), 'x'.repeat(1e6), queryPrompt('y '.repeat(1e6))]) {
      expect(() => encoder.encodePrompt(prompt, 64)).toThrow(expect.objectContaining({ code: 'PROMPT_TOO_LONG' }));
    }
  });
});

describe('the template of the tokenizer', () => {
  const withTemplate = (postProcessor: unknown) =>
    new EmbeddingEncoder(createTokenizer({ ...trained.json, post_processor: postProcessor }, trained.config));
  const encoder = withTemplate(golden.postProcessor);

  test('gives the ids of the reference', () => {
    for (const { text, ids } of [...golden.documents, ...golden.forged]) {
      expect(encode(encoder, '', text).ids, text).toEqual(ids);
    }
    for (const { query, instruction, ids } of golden.queries) {
      const prompt = queryPrompt(
        instruction ?? 'Given a web search query, retrieve relevant passages that answer the query',
      );
      expect(encode(encoder, prompt, query).ids, query).toEqual(ids);
    }
    for (const { text, ids } of golden.truncated) {
      expect(encode(encoder, '', text, golden.maxLength).ids, text).toEqual(ids);
    }
  });

  test('may put other tokens around a text', () => {
    const special_tokens = { '[A]': { ids: [7] }, '[B]': { ids: [8, 9] } };
    const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
    const single = [token('[A]'), { Sequence: { id: 'A', type_id: 0 } }, token('[B]')];
    const template = { type: 'TemplateProcessing', single, pair: [], special_tokens };
    const { ids } = encode(withTemplate(template), '', 'some words');
    expect(ids).toEqual([7, ...trained.ours.encodeText('some words').ids, 8, 9]);
    const none = withTemplate({ ...template, single: [{ Sequence: { id: 'A', type_id: 0 } }] });
    expect(encode(none, '', 'some words').ids).toEqual([...trained.ours.encodeText('some words').ids]);
  });

  test.each([
    [{ type: 'BertProcessing', sep: ['a', 1], cls: ['b', 2] }, 'MODEL_UNSUPPORTED', /"BertProcessing"/],
    [{ type: 'TemplateProcessing', single: [], special_tokens: {} }, 'MODEL_UNSUPPORTED', /0 texts/],
    [{ type: 'TemplateProcessing', single: 'x', special_tokens: {} }, 'MODEL_INVALID', /"x" as single/],
    [{ type: 'TemplateProcessing', single: [7], special_tokens: {} }, 'MODEL_INVALID', /an item/],
    [{ type: 'TemplateProcessing', single: [{ SpecialToken: { id: 'E' } }] }, 'MODEL_INVALID', /the ids of E/],
    [5, 'MODEL_INVALID', /5 as post_processor/],
  ])('%j is refused', (postProcessor, code, message) => {
    expect(() => withTemplate(postProcessor)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
