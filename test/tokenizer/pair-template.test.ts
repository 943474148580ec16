import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { PairEncoder } from '../../src/prompt/pair.ts';
import { pairTemplateOf } from '../../src/tokenizer/text/pair-template.ts';
import { TOKENIZERS, tokenizerJson } from '../onnx-exports/fixtures.ts';
import { withoutNewer } from './newer-than-bert.ts';
import { textOracle } from './text-oracle.ts';
import { anyText, FUZZ, TEST_TIMEOUT, TEXTS } from './texts.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT });

const MAX_LENGTH = 4_096;

describe.each(TOKENIZERS)('pairs of a %s tokenizer', (name) => {
  const oracle = textOracle(name);
  const encoder = new PairEncoder(oracle.ours);
  const { prefix: first, row: second } = encoder.types;

  function encode(query: string, document: string, maxLength = MAX_LENGTH) {
    const prefix = encoder.encodePrefix({ query, maxLength });
    const { tokens, truncated } = encoder.encodeDocument(document, maxLength - prefix.length);
    return {
      ids: [...prefix, ...tokens],
      types: [...Array(prefix.length).fill(first), ...Array(tokens.length).fill(second)],
      truncated,
    };
  }

  /** Text without control tokens, which the reference would read. */
  const harmless = anyText(['x']).map((text) => withoutNewer(text).replace(/[[\]<>]/g, ' '));

  test('are joined as the reference joins them, type ids included', async () => {
    await fc.assert(
      fc.asyncProperty(harmless, harmless, async (query, document) => {
        const { truncated, ...pair } = encode(query, document);
        expect(pair).toEqual(await oracle.pair(query, document));
        expect(truncated).toBe(false);
      }),
      FUZZ,
    );
  });

  test('lose the tail of the document, and nothing else', () => {
    const query = 'What is the capital of France?';
    const document = TEXTS.join(' ').repeat(3);
    const whole = encode(query, document, 100_000).ids;
    const end = oracle.ours.definition.template.after;
    for (const maxLength of [64, 65, 100, 511, 512]) {
      const { ids, truncated } = encode(query, document, maxLength);
      expect(truncated).toBe(true);
      expect(ids.length).toBe(maxLength);
      expect(ids).toEqual([...whole.slice(0, maxLength - end.length), ...end]);
    }
  });

  test('need room for 16 tokens of the document', () => {
    const room = 'a '.repeat(600);
    expect(() => encode(room, 'x', 512)).toThrowError(/maxLength 512/);
  });
});

test('BertProcessing and RobertaProcessing are templates too', () => {
  const [cls, sep] = [
    ['[CLS]', 2],
    ['[SEP]', 3],
  ];
  expect(pairTemplateOf({ type: 'BertProcessing', cls, sep })).toMatchObject({
    before: [2],
    between: [3],
    after: [3],
    firstType: 0,
    secondType: 1,
  });
  expect(pairTemplateOf({ type: 'RobertaProcessing', cls, sep })).toMatchObject({
    before: [2],
    between: [3, 3],
    after: [3],
    firstType: 0,
    secondType: 0,
  });
});

const UNSUPPORTED = [
  null,
  { type: 'ByteLevel' },
  { type: 'Sequence', processors: [] },
  { type: 'TemplateProcessing', pair: [{ Sequence: { id: 'B', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }] },
  { type: 'TemplateProcessing', pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }] },
  { type: 'Other' },
];

test.each(UNSUPPORTED)('a post_processor that joins no pairs is refused: %j', (json) => {
  expect(() => pairTemplateOf(json)).toThrowError(/cross-encoder needs one/);
});

const DAMAGED = [
  7,
  { type: 'Sequence' },
  { type: 'BertProcessing', cls: 'x', sep: ['[SEP]', 3] },
  { type: 'TemplateProcessing' },
  { type: 'TemplateProcessing', pair: [{ SpecialToken: { id: 'toString', type_id: 0 } }], special_tokens: {} },
];

test.each(DAMAGED)('a damaged post_processor is an error of ours: %j', (json) => {
  expect(() => pairTemplateOf(json)).toThrowError(/damaged/);
});

test('the fixtures have a template of each kind', () => {
  const types = TOKENIZERS.map((name) => JSON.parse(tokenizerJson(name)).post_processor.type);
  expect(new Set(types)).toEqual(new Set(['TemplateProcessing', 'BertProcessing', 'RobertaProcessing']));
});
