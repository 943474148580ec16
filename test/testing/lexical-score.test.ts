import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lexicalScore } from '../../src/testing/index.ts';
import { termsOf } from '../../src/testing/lexical-score.ts';

const [ALL, HALF, NONE] = [1 / (1 + Math.exp(-4)), 0.5, 1 / (1 + Math.exp(4))];

test.each([
  ['undo a commit', 'A commit, UNDO!', ALL],
  ['undo commit', 'a commit', HALF],
  ['undo', 'bread', NONE],
  ['undo undo commit', 'undo', HALF],
  ['und', 'undo', NONE],
  ['', 'anything', NONE],
  ['?!', '?!', NONE],
  ['café', 'CAFE\u0301', ALL],
  ['ｆｕｌｌ', 'full', ALL],
  ['naïve', 'naive', NONE],
  ['node_modules', 'modules of node', ALL],
  ['中国的首都', '北京是中国的首都。', ALL],
  ['中国首都', '首都', 1 / (1 + Math.exp(4 - 8 / 3))],
  ['京', '北京', ALL],
  ['東京タワー', '東京', 1 / (1 + Math.exp(2))],
  ['Node教程', '一个node的教程', ALL],
  ['한국의 수도', '한국 수도', 1 / (1 + Math.exp(4 - 16 / 3))],
  ['กรุงเทพ', 'กรุงเทพมหานคร', ALL],
  ['𠮷野家', '𠮷野家で', ALL],
  ['🙂', '🙂', NONE],
])('%s: %s', (query, document, score) => {
  expect(lexicalScore(query, document)).toBeCloseTo(score, 12);
});

test('pairs of characters do not cross into other scripts', () => {
  expect(termsOf('a中b国c').wanted).toEqual(['a', '中', 'b', '国', 'c']);
});

test('property: from 0.018 to 0.982, whatever the texts; a text that has terms has all of its own', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, (query, document) => {
      const score = lexicalScore(query, document);
      expect(score).toBeGreaterThanOrEqual(NONE);
      expect(score).toBeLessThanOrEqual(ALL);
      expect(lexicalScore(query, document)).toBe(score);
      if (termsOf(query).wanted.length > 0) expect(lexicalScore(query, `${document} ${query}`)).toBeGreaterThan(NONE);
    }),
  );
});

test('a megabyte takes no time to speak of', () => {
  for (const unit of ['a', 'a ', '中', 'a\u0301']) expect(lexicalScore('x', unit.repeat(500_000))).toBe(NONE);
});
