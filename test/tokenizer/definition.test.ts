import { describe, expect, test } from 'vitest';
import { BYTE_CHARACTERS } from '../../src/tokenizer/byte-alphabet.ts';
import { createTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { embedded } from './embedded.ts';

const vocab = Object.fromEntries([...BYTE_CHARACTERS, 'ab', 'abc'].map((token, id) => [token, id]));
const merges: unknown[] = [
  ['a', 'b'],
  ['ab', 'c'],
];
const small = { ...embedded.json, added_tokens: [], model: { type: 'BPE', vocab, merges } };
const withModel = (change: object) => ({ ...small, model: { ...small.model, ...change } });
const split = { type: 'Split', pattern: { Regex: '\\p{L}+' }, behavior: 'Isolated', invert: false };
const bytes = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
const token = (content: unknown, id: unknown, more = {}) => ({ content, id, special: true, ...more });

describe('a damaged file is MODEL_INVALID and says where', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['an array', [], 'array'],
    ['no model', { ...small, model: undefined }, '"model"'],
    ['no vocabulary', withModel({ vocab: null }), 'model.vocab'],
    ['an id that is no integer', withModel({ vocab: { ...vocab, x: 1.5 } }), '1.5'],
    ['a negative id', withModel({ vocab: { ...vocab, x: -1 } }), '-1'],
    ['no merges', withModel({ merges: {} }), 'model.merges'],
    ['a merge of one', withModel({ merges: [['a']] }), 'model.merges[0]'],
    ['a merge of numbers', withModel({ merges: [...merges, [1, 2]] }), 'model.merges[2]'],
    ['a merge of strangers', withModel({ merges: [['a', 'zz']] }), '"zz"'],
    ['a merge into a stranger', withModel({ merges: [['b', 'b']] }), '"bb"'],
    ['added tokens that are no list', { ...small, added_tokens: {} }, 'added_tokens'],
    ['an added token without content', { ...small, added_tokens: [{ id: 3 }] }, 'added_tokens[0]'],
    ['an added token without id', { ...small, added_tokens: [token('<x>', undefined)] }, 'added_tokens[0]'],
    ['an added token with two ids', { ...small, added_tokens: [token('<x>', 300), token('<x>', 301)] }, '300'],
  ])('%s', (_, json, part) => {
    const expected = { code: 'MODEL_INVALID', message: expect.stringContaining(part) };
    expect(() => createTokenizer(json)).toThrow(expect.objectContaining(expected));
  });

  test('in tokenizer_config.json', () => {
    const bad = { added_tokens_decoder: { x: token('<x>', undefined) } };
    const expected = { code: 'MODEL_INVALID', message: expect.stringContaining('tokenizer_config.json') };
    expect(() => createTokenizer(small, bad)).toThrow(expect.objectContaining(expected));
  });
});

describe('a sound file of another kind is MODEL_UNSUPPORTED', () => {
  test.each<[string, unknown, string]>([
    ['another model', withModel({ type: 'Unigram' }), 'Unigram'],
    ['dropout', withModel({ dropout: 0.1 }), '0.1'],
    ['subword prefixes', withModel({ continuing_subword_prefix: '##' }), '##'],
    ['word ends', withModel({ end_of_word_suffix: '</w>' }), '</w>'],
    ['no byte alphabet', withModel({ vocab: { a: 0, b: 1, c: 2, ab: 3, abc: 4 } }), 'byte-level'],
    ['another normaliser', { ...small, normalizer: { type: 'Lowercase' } }, 'Lowercase'],
    ['no pre-tokenizer', { ...small, pre_tokenizer: null }, 'pre_tokenizer'],
    ['another pattern', { ...small, pre_tokenizer: { type: 'Sequence', pretokenizers: [split, bytes] } }, 'pattern'],
    ['a lone ByteLevel', { ...small, pre_tokenizer: bytes }, 'ByteLevel'],
  ])('%s', (_, json, part) => {
    const expected = { code: 'MODEL_UNSUPPORTED', message: expect.stringContaining(part) };
    expect(() => createTokenizer(json)).toThrow(expect.objectContaining(expected));
  });

  test('a control token that changes the text around it, once a template uses it', () => {
    const tokenizer = createTokenizer({ ...small, added_tokens: [token('<x>', 300, { rstrip: true })] });
    expect(() => tokenizer.encodeTemplate('a<x> b')).toThrow(expect.objectContaining({ code: 'MODEL_UNSUPPORTED' }));
    expect(tokenizer.encodeText('<x>').ids).not.toContain(300);
  });
});

describe('variants of sound files', () => {
  const ids = (json: unknown, text: string, config?: unknown) => [
    ...createTokenizer(json, config).encodeText(text).ids,
  ];
  const a = vocab['a'];

  test('merges as pairs and as strings', () => {
    expect(ids(small, 'abcab')).toEqual([vocab['abc'], vocab['ab']]);
    expect(ids(withModel({ merges: ['a b', 'ab c'] }), 'abcab')).toEqual([vocab['abc'], vocab['ab']]);
  });

  test('no normaliser, a sequence of them, and a model without its type', () => {
    const composed = ids(small, 'e\u0301');
    expect(composed).toEqual(ids(small, '\u00e9'));
    expect(ids({ ...small, normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }] } }, 'e\u0301')).toEqual(
      composed,
    );
    expect(ids({ ...small, normalizer: null }, 'e\u0301')).toHaveLength(3);
    expect(ids(withModel({ type: undefined }), 'ab')).toEqual([vocab['ab']]);
  });

  test('ignore_merges takes a piece whole that the merges do not reach', () => {
    const whole = { vocab: { ...vocab, Ġba: 999 } };
    expect(ids(withModel(whole), ' ba')).not.toContain(999);
    expect(ids(withModel({ ...whole, ignore_merges: true }), 'a ba')).toEqual([a, 999]);
  });

  test('added tokens of tokenizer_config.json count in templates, and names of prototypes do not', () => {
    const config = { added_tokens_decoder: { 500: token('<think>', undefined) } };
    const tokenizer = createTokenizer(small, config);
    expect([...tokenizer.encodeTemplate('a<think>a')]).toEqual([a, 500, a]);
    expect([...tokenizer.encodeText('<think>').ids]).not.toContain(500);
    expect(() => tokenizer.tokenId('constructor')).toThrow('"constructor"');
  });
});
