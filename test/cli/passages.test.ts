import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitPassages } from '../../src/cli/documents/passages.ts';

const sizes = fc
  .integer({ min: 20, max: 200 })
  .chain((size) => fc.record({ size: fc.constant(size), overlap: fc.nat(Math.ceil(size / 2) - 1) }));
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n\n', '\n', '. ', '。', ' ', '! ', '"', '，', '\t', '\r\n', 'A long word '),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.join(''));

describe('splitPassages', () => {
  it('loses nothing but white space, in order, and keeps to the size', () => {
    fc.assert(
      fc.property(texts, sizes, (text, options) => {
        const passages = splitPassages(text, options);
        let covered = 0;
        for (const { text: passage, start, end, line } of passages) {
          expect(passage).toBe(text.slice(start, end));
          expect(passage.trim()).toBe(passage);
          expect(passage.length).toBeGreaterThan(0);
          expect(passage.length).toBeLessThanOrEqual(options.size);
          expect(line).toBe(text.slice(0, start).split('\n').length);
          expect(text.slice(covered, Math.max(covered, start)).trim()).toBe('');
          covered = Math.max(covered, end);
        }
        expect(text.slice(covered).trim()).toBe('');
      }),
    );
  });

  it('shares no more than the overlap between neighbours, and gets on', () => {
    fc.assert(
      fc.property(texts, sizes, (text, options) => {
        const passages = splitPassages(text, options);
        for (const [at, { start }] of passages.entries()) {
          const before = passages[at - 1];
          if (before === undefined) continue;
          expect(start).toBeGreaterThan(before.start);
          // One more where the overlap would begin inside a character.
          expect(before.end - start).toBeLessThanOrEqual(options.overlap + 1);
        }
      }),
    );
  });

  it('never cuts a surrogate pair', () => {
    const text = '😀'.repeat(500);
    const passages = splitPassages(text, { size: 101, overlap: 11 });
    expect(passages.length).toBeGreaterThan(5);
    for (const { text: passage } of passages) expect(passage).toMatch(/^😀+$/u);
  });

  it('prefers paragraphs, then sentences, then words', () => {
    const first = 'The first paragraph has some words in it.';
    const second = 'The second one follows. It has two sentences.';
    const options = { size: 60, overlap: 0 };
    expect(splitPassages(`${first}\n\n${second}`, options).map(({ text }) => text)).toEqual([first, second]);
    const sentences = 'One sentence is here to be read. Another sentence is here too and goes on.';
    expect(splitPassages(sentences, { size: 50, overlap: 0 })[0]?.text).toBe('One sentence is here to be read.');
    expect(splitPassages('word '.repeat(40), { size: 33, overlap: 0 })[0]?.text).toMatch(/word$/);
    expect(splitPassages('今天天气很好。我们去公园散步。'.repeat(3), { size: 20, overlap: 0 })[0]?.text).toMatch(/。$/);
  });

  it('begins the overlap with a sentence', () => {
    const text =
      'First sentence of all. Second sentence, a bit longer. Third sentence here. Fourth sentence at the end.';
    const [one, two] = splitPassages(text, { size: 80, overlap: 30 });
    expect(one?.text).toBe('First sentence of all. Second sentence, a bit longer. Third sentence here.');
    expect(two?.text).toBe('Third sentence here. Fourth sentence at the end.');
  });

  it('is quick with text made to be slow', () => {
    const options = { size: 100_000, overlap: 1_000 };
    for (const piece of ['.', '. ', '\n', '\n ', '"', '."\'', ' ', '。”', 'x']) {
      expect(splitPassages(piece.repeat(400_000), options).length).toBeLessThan(30);
    }
  });
});
