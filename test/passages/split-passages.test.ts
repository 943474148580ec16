import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Range, splitPassages } from '../../src/passages/split-passages.ts';
import { PromptEncoder } from '../../src/prompt/encode.ts';
import { passageRanges } from '../../src/scoring/passage-ranges.ts';
import { embedded } from '../tokenizer/embedded.ts';
import { anyText, TEXTS } from '../tokenizer/texts.ts';

const encoder = new PromptEncoder(embedded.ours);
const count = (text: string, atMost: number) => encoder.countDocument(text, atMost);
const tokens = (text: string) => count(text, 1e6);
const split = (text: string, window: number, overlap: number) => [...splitPassages(text, { window, overlap, count })];

const ENGLISH = [
  'The museum opened in 1907 and has since moved twice.',
  'Its first director, a botanist, collected ferns!',
  'Who paid for the second building?',
  'Visitors may take photographs without a flash.',
  '"Nothing here is for sale," says a sign at the door.',
];
const CHINESE = [
  '北京是中国的首都。',
  '这座博物馆建于一九〇七年！',
  '谁为第二座建筑付了钱？',
  '参观者可以拍照，但不能使用闪光灯。',
];
const JAPANESE = [
  '東京は日本の首都です。',
  'この博物館は1907年に開館しました。',
  '写真を撮ってもいいですか？',
  '「売り物ではありません」と書いてある。',
];
const CODE = [
  'import { readFile } from "node:fs/promises";',
  '',
  'export async function lines(path) {',
  '  const text = await readFile(path, "utf8");',
  '  return text.split("\\n");',
  '}',
];

/** So many sentences of a language, in one paragraph or several. */
const prose = fc
  .tuple(fc.constantFrom(ENGLISH, CHINESE, JAPANESE, CODE), fc.array(fc.nat(5), { minLength: 1, maxLength: 60 }))
  .map(([sentences, picks]) => {
    const joint = sentences === CODE ? '\n' : sentences === ENGLISH ? ' ' : '';
    return picks.map((pick) => sentences[pick % sentences.length] + (pick === 5 ? '\n\n' : joint)).join('');
  });
/** Runs without any place to cut, and what is hard to count. */
const odd = fc.constantFrom(
  'x'.repeat(700),
  '😀'.repeat(150),
  '漢'.repeat(300),
  '\n'.repeat(400),
  '。「'.repeat(200),
  '(['.repeat(300),
  ' '.repeat(900),
  '\ud800'.repeat(90),
  'a\u0301'.repeat(200),
  'word '.repeat(200),
);
const document = fc
  .array(fc.oneof(prose, anyText(embedded.addedTokens), odd, fc.constantFrom(...TEXTS)), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));
const windows = fc
  .integer({ min: 16, max: 120 })
  .chain((window) => fc.record({ window: fc.constant(window), overlap: fc.nat(Math.ceil(window / 2) - 1) }));

function expectCovered(text: string, ranges: readonly Range[]): void {
  let [start, end] = [-1, 0];
  for (const range of ranges) {
    expect(range.start).toBeGreaterThan(start);
    expect(range.start).toBeLessThanOrEqual(end);
    expect(range.end).toBeGreaterThan(start < 0 ? -1 : end);
    ({ start, end } = range);
  }
  expect(ranges[0]?.start).toBe(0);
  expect(end).toBe(text.length);
}

function partsPair(text: string, at: number): boolean {
  const [high, low] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

describe('passages of any text', () => {
  it('cover it, in order, within the window, without parting a character, always the same', () => {
    fc.assert(
      fc.property(document, windows, (text, { window, overlap }) => {
        const ranges = split(text, window, overlap);
        expectCovered(text, ranges);
        for (const { start, end } of ranges) {
          expect(tokens(text.slice(start, end))).toBeLessThanOrEqual(window);
          expect(partsPair(text, start) || partsPair(text, end)).toBe(false);
        }
        expect(split(text, window, overlap)).toEqual(ranges);
      }),
      { numRuns: 150 },
    );
  });

  it('share no more with their neighbours than the overlap', () => {
    fc.assert(
      fc.property(document, windows, (text, { window, overlap }) => {
        const ranges = split(text, window, overlap);
        for (const [at, { start }] of ranges.slice(1).entries()) {
          const shared = text.slice(start, ranges[at]?.end);
          // Counted sentence by sentence; white space and marks at the joints may fall into pieces of their own.
          if (shared !== '') expect(tokens(shared)).toBeLessThanOrEqual(overlap + 2);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are the whole of one that fits', () => {
    for (const text of ['', ' ', 'short', ...TEXTS]) {
      expect(split(text, Math.max(32, tokens(text)), 8)).toEqual([{ start: 0, end: text.length }]);
    }
  });
});

describe('passages of prose', () => {
  it.each([
    ['English', ENGLISH, ' '],
    ['Chinese', CHINESE, ''],
    ['Japanese', JAPANESE, ''],
  ])('end and begin with sentences: %s', (_, sentences, joint) => {
    const all = Array.from({ length: 40 }, (_, at) => sentences[at % sentences.length] + joint);
    const text = all.join('');
    const starts = new Set([0]);
    for (const sentence of all) starts.add(Math.max(...starts) + sentence.length);
    const ranges = split(text, 100, 30);
    expect(ranges.length).toBeGreaterThan(4);
    for (const { start, end } of ranges)
      expect([start, starts.has(start), end, starts.has(end)]).toEqual([start, true, end, true]);
    // Each begins within the one before, and they are about as long as they may be.
    for (const [at, { start }] of ranges.slice(1).entries()) expect(start).toBeLessThan(ranges[at]?.end ?? 0);
    for (const { start, end } of ranges.slice(0, -1)) expect(tokens(text.slice(start, end))).toBeGreaterThan(50);
  });

  it('do not take the end of a line for that of a sentence where there is a better place', () => {
    const paragraph =
      'A line that is broken\nin the middle of what\nit says ends here. Another\none begins at once.\n\n';
    const text = paragraph.repeat(12);
    for (const { end } of split(text, 60, 0).slice(0, -1))
      expect(text.slice(0, end)).toMatch(/(?:here\. |once\.\n\n)$/);
  });

  it('end with lines in code', () => {
    const text = `${CODE.join('\n')}\n`.repeat(20);
    for (const { start, end } of split(text, 80, 20)) {
      expect(text[end - 1]).toBe('\n');
      expect(start === 0 || text[start - 1] === '\n').toBe(true);
    }
  });

  it('end with words where sentences are too long', () => {
    const text = 'word '.repeat(500);
    for (const { end } of split(text, 64, 16).slice(0, -1)) expect(text.slice(0, end)).toMatch(/word $/);
  });
});

it('a text that is sent in stretches is split as one that is not', async () => {
  const sentences = Array.from(
    { length: 9_000 },
    (_, at) => `${ENGLISH[at % 5]}${CHINESE[at % 4]}${at % 7 === 0 ? '\n\n' : ' '}`,
  );
  const text = sentences.join('');
  expect(text.length).toBeGreaterThan(2 * 262_144);
  const options = { window: 400, overlap: 50, count };
  const messages: number[] = [];
  const found = await passageRanges([text, 'short', text.slice(0, 5000)], false, async (parts) => {
    messages.push(parts.reduce((sum, part) => sum + part.text.length, 0));
    return parts.map((part) => {
      const passages = splitPassages(part.text, { ...options, ...part });
      const ranges: Range[] = [];
      for (;;) {
        const { value, done } = passages.next();
        if (done) return { ranges, next: value };
        ranges.push(value);
      }
    });
  });
  expect(found).toEqual([text, 'short', text.slice(0, 5000)].map((one) => split(one, 400, 50)));
  expect(messages.length).toBeGreaterThan(2);
  expect(Math.max(...messages)).toBeLessThanOrEqual(262_144);
});
