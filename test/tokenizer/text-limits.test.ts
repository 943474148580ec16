import { describe, expect, test } from 'vitest';
import { TextTokenizer } from '../../src/tokenizer/text/text-tokenizer.ts';
import { MAX_RUN_UNITS } from '../../src/tokenizer/text/windows.ts';
import { TOKENIZERS, tokenizerJson } from '../onnx-exports/fixtures.ts';
import { textOracle } from './text-oracle.ts';
import { TEXTS } from './texts.ts';

/** A million characters that are hard on tokenizers. */
const HUGE: Readonly<Record<string, string>> = {
  'one letter': 'a'.repeat(1_000_000),
  spaces: ' '.repeat(1_000_000),
  ideographs: '中国的首都是北京'.repeat(125_000),
  marks: 'e\u0301\u0323\u0315'.repeat(250_000),
  'marks out of order': `e${'\u0315\u0300\u05ae'.repeat(330_000)}`,
  prose: `${TEXTS.join(' ')} `.repeat(500),
  brackets: '[SEP]'.repeat(200_000),
  emoji: '👩‍👩‍👧‍👦'.repeat(90_000),
};

describe.each(TOKENIZERS)('a %s tokenizer', (name) => {
  const oracle = textOracle(name);

  test('reads text part by part as it reads it whole', async () => {
    const text = `${TEXTS.join(' ')}\n`.repeat(60).replace(/[\u{10ec0}-\u{10eff}]/gu, '');
    const whole = await oracle.plain(text);
    expect(Array.from(oracle.ours.encodeText(text).ids)).toEqual(whole);
    for (const most of [0, 1, 17, 1_000, whole.length - 1]) {
      const { ids, truncated } = oracle.ours.encodeText(text, most);
      expect(Array.from(ids)).toEqual(whole.slice(0, most));
      expect(truncated).toBe(true);
    }
    expect(oracle.ours.encodeText(text, whole.length).truncated).toBe(false);
  });

  test.each(Object.entries(HUGE))('reads no more of a million characters than it needs: %s', (_, text) => {
    // Slow enough to fail this test by its time limit, if all of the text were read by steps of more than linear cost.
    const { ids } = oracle.ours.encodeText(text, 512);
    expect(ids.length).toBeLessThanOrEqual(512);
  });

  test('encodes a run without white space up to its limit like the reference', async () => {
    const text = '北京'.repeat(MAX_RUN_UNITS / 2);
    expect(Array.from(oracle.ours.encodeText(text).ids)).toEqual(await oracle.plain(text));
  });
});

const DAMAGED: readonly (readonly [string, (json: Record<string, unknown>) => object])[] = [
  ['a model of an unknown type', (json) => ({ ...json, model: { type: 'WordLevel', vocab: {} } })],
  [
    'a regular expression of its own',
    (json) => ({ ...json, normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } }),
  ],
  ['an unknown normalizer', (json) => ({ ...json, normalizer: { type: 'Nmt' } })],
  ['an unknown pre_tokenizer', (json) => ({ ...json, pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' } } })],
  ['bytes for WordPiece', (json) => ({ ...json, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false } })],
];

test.each(DAMAGED)('a tokenizer.json with %s is not supported', (_, change) => {
  const json = change(JSON.parse(tokenizerJson('bert')));
  expect(() => new TextTokenizer(json, {})).toThrowError(expect.objectContaining({ code: 'MODEL_UNSUPPORTED' }));
});

const BROKEN: readonly (readonly [string, (json: Record<string, unknown>) => unknown])[] = [
  ['no object', () => []],
  ['no model', ({ model: _, ...json }) => json],
  ['a vocabulary that is a list', (json) => ({ ...json, model: { type: 'WordPiece', vocab: [] } })],
  ['ids that are none', (json) => ({ ...json, model: { type: 'WordPiece', vocab: { '[UNK]': -1 } } })],
  ['no unknown token', (json) => ({ ...json, model: { type: 'WordPiece', vocab: { a: 0 } } })],
  [
    'a word limit that takes forever',
    (json) => ({ ...json, model: { type: 'WordPiece', vocab: { '[UNK]': 0 }, max_input_chars_per_word: 1e9 } }),
  ],
  ['pieces without scores', (json) => ({ ...json, model: { type: 'Unigram', vocab: [['a']], unk_id: 0 } })],
  [
    'an unknown id beyond the pieces',
    (json) => ({ ...json, model: { type: 'Unigram', vocab: [['a', 0]], unk_id: 1 } }),
  ],
  [
    'a character map that is none',
    (json) => ({ ...json, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } }),
  ],
  [
    'a character map that is cut off',
    (json) => ({ ...json, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAEAAAAA' } }),
  ],
];

test.each(BROKEN)('a tokenizer.json with %s is damaged', (_, change) => {
  const json = change(JSON.parse(tokenizerJson('bert')));
  expect(() => new TextTokenizer(json, {})).toThrowError(expect.objectContaining({ code: 'MODEL_INVALID' }));
});

test('a character map whose trie leads outside itself maps nothing, and ends', () => {
  const bytes = Buffer.alloc(4 + 4 * 64, 0xff);
  bytes.writeUInt32LE(4 * 64, 0);
  const json = {
    ...JSON.parse(tokenizerJson('bert')),
    normalizer: { type: 'Precompiled', precompiled_charsmap: bytes.toString('base64') },
  };
  expect(new TextTokenizer(json, {}).encodeText('the capital of France é').ids.length).toBeGreaterThan(0);
});

test('tokens that are no control tokens are found in text, as the reference finds them', async () => {
  const { ours, plain } = textOracle('modernbert');
  for (const text of ['a  b    c', '  ', 'x|||EMAIL_ADDRESS|||y', '\n  \n   x        y         z']) {
    expect(Array.from(ours.encodeText(text).ids), text).toEqual(await plain(text));
  }
});
