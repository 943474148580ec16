import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { finalPieces, startsAfresh } from '../../src/tokenizer/boundaries.ts';
import { splitterOf } from '../../src/tokenizer/split.ts';
import { MAX_PIECE_UNITS, TextWindows, WINDOW_UNITS } from '../../src/tokenizer/text-windows.ts';
import { qwen3 } from './qwen3.ts';
import { anyText, FUZZ, TEST_TIMEOUT } from './texts.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT });

const split = splitterOf(qwen3.json.pre_tokenizer);
const text = anyText(qwen3.addedTokens);

describe('where text may be cut', () => {
  test('pieces called final stay whatever follows', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const pieces = split(before);
        const count = finalPieces(pieces);
        expect(split(before + after).slice(0, count)).toEqual(pieces.slice(0, count));
      }),
      FUZZ,
    );
  });

  test('pieces called final stay, for all short strings of telling characters', () => {
    const characters = [' ', '\n', '\t', 'a', 's', "'", '!', '1'];
    const short = ['', ...characters, ...characters.flatMap((a) => characters.map((b) => a + b))];
    const longer = short.flatMap((a) => short.map((b) => a + b));
    const changed: [string, string][] = [];
    for (const before of longer) {
      const pieces = split(before);
      const kept = pieces.slice(0, finalPieces(pieces));
      for (const after of short) {
        const whole = split(before + after);
        if (kept.some((piece, index) => piece !== whole[index])) changed.push([before, after]);
      }
    }
    expect(changed).toEqual([]);
  });

  test('no character that starts afresh composes with, or moves among, what comes before it', () => {
    // All characters that the canonical decompositions of this Node's Unicode have anywhere but in the first place.
    const composing = new Set<string>();
    for (let code = 0; code < 0x11_0000; code++) {
      const [, ...others] = String.fromCodePoint(code).normalize('NFD');
      for (const other of others) composing.add(other);
    }
    const wrong: string[] = [];
    for (let code = 0; code < 0x11_0000; code++) {
      const character = String.fromCodePoint(code);
      if (!startsAfresh(character)) continue;
      const [first = ''] = character.normalize('NFD');
      const composes =
        composing.has(first) &&
        BASES.some((before) => (before + first).normalize('NFC') !== before.normalize('NFC') + first.normalize('NFC'));
      // A mark would move in front of, or behind, another of a different class.
      const moves = !`a\u0301${first}\u0334`.normalize('NFD').startsWith('a\u0301');
      if (composes || moves) wrong.push(`U+${code.toString(16)}`);
    }
    expect(wrong).toEqual([]);
  });
});

/** Every character that begins some canonical decomposition, so every character that something can compose with. */
const BASES: readonly string[] = (() => {
  const bases = new Set<string>();
  for (let code = 0; code < 0x11_0000; code++) {
    const character = String.fromCodePoint(code);
    const decomposed = character.normalize('NFD');
    if (decomposed !== character && [...decomposed].length > 1) {
      bases.add([...decomposed][0] ?? '');
      bases.add([...decomposed].slice(0, -1).join('').normalize('NFC'));
    }
  }
  return [...bases];
})();

describe('how much of a text is read', () => {
  const encode = (hostile: string, maxTokens: number) => qwen3.ours.encodeText(hostile, maxTokens);

  test('truncated ids are the first of all ids, and truncated says whether there are more', () => {
    fc.assert(
      fc.property(text, fc.nat(60), (whole, maxTokens) => {
        const all = encode(whole, Number.POSITIVE_INFINITY);
        const some = encode(whole, maxTokens);
        expect(Array.from(some.ids)).toEqual(Array.from(all.ids.slice(0, maxTokens)));
        expect(some.truncated).toBe(all.ids.length > maxTokens);
        expect(all.truncated).toBe(false);
      }),
      FUZZ,
    );
  });

  test('at the limit, one below and one above', () => {
    const whole = 'A short text of several words, read again and again. '.repeat(700);
    const { ids } = encode(whole, Number.POSITIVE_INFINITY);
    expect(encode(whole, ids.length)).toEqual({ ids, truncated: false });
    expect(encode(whole, ids.length + 1)).toEqual({ ids, truncated: false });
    expect(encode(whole, ids.length - 1)).toEqual({ ids: ids.slice(0, -1), truncated: true });
    expect(encode(whole, 0)).toEqual({ ids: new Int32Array(0), truncated: true });
    expect(encode('', 0)).toEqual({ ids: new Int32Array(0), truncated: false });
  });

  test('pieces put together are the normalised text, in pieces of bounded length, with no surrogate pair parted', () => {
    const samples = fc.sample(anyText(qwen3.addedTokens, 2_000), { numRuns: 5, seed: 3 });
    const grinning = '\u{1f600}'.repeat(100_000);
    for (const whole of [...samples, ' '.repeat(200_001), 'a'.repeat(200_001), grinning, `x${grinning}`]) {
      const windows = new TextWindows(whole, { normalise: true, split });
      const pieces: string[] = [];
      for (let next = windows.next(); next !== undefined; next = windows.next()) pieces.push(...next);
      expect(pieces.join('') === whole.normalize('NFC')).toBe(true);
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(MAX_PIECE_UNITS);
      expect(pieces.some((piece) => piece.length === 0)).toBe(false);
      if (whole.endsWith(grinning)) expect(pieces.some((piece) => /^[\udc00-\udfff]/.test(piece))).toBe(false);
    }
  });

  const size = 10_000_000;
  const random = (from: string) => {
    const characters = [...from];
    let state = 1;
    const next = () => {
      state = Math.imul(state, 1_103_515_245) + 12_345;
      return characters[(state >>> 16) % characters.length] ?? '';
    };
    return Array.from({ length: 100_000 }, next)
      .join('')
      .repeat(Math.ceil(size / 100_000))
      .slice(0, size);
  };
  const marks = Array.from({ length: 0x6f }, (_, at) => String.fromCharCode(0x300 + at)).join('');

  test.each([
    ['a', 'a'.repeat(size)],
    ['Chinese', '一'.repeat(size)],
    ['one mark', '\u0301'.repeat(size)],
    ['two marks out of order', `a${'\u0301\u0323'.repeat(size / 2)}`],
    ['random marks', random(marks)],
    ['spaces', ' '.repeat(size)],
    ['newlines', '\n'.repeat(size)],
    ['spaces and newlines', ' \n'.repeat(size / 2)],
    ['emoji', '\u{1f600}'.repeat(size / 2)],
    ['digits', '1'.repeat(size)],
    ['dashes', '-'.repeat(size)],
    ['lone surrogates', '\ud800'.repeat(size)],
    ['jamo', random('\u1100\u1161\u11a8')],
    ['random letters', random('abcdefghijklmnopqrstuvwxyz')],
    ['everything', random(`aé一 \n\t1!<|im_end|>\u{1f600}\ud800\u0301\u0323\u0000'`)],
  ])('10 MB of %s stop at the token limit', (_, hostile) => {
    const started = performance.now();
    const { ids, truncated } = encode(hostile, 8_192);
    // Aimed at 0.5 s; the bound is for busy machines and catches only what is superlinear.
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(ids.length).toBe(8_192);
    expect(truncated).toBe(true);
  });

  test('windows are read one at a time', () => {
    const windows = new TextWindows('Some words of text. '.repeat(size / 20), { normalise: true, split });
    for (let count = 1; count <= 3; count++) {
      expect(windows.next()?.length).toBeGreaterThan(0);
      expect(windows.unitsRead).toBeLessThanOrEqual(count * WINDOW_UNITS);
    }
    const unbroken = new TextWindows('a'.repeat(size), { normalise: true, split });
    expect(unbroken.next()?.map((piece) => piece.length)).toEqual([MAX_PIECE_UNITS]);
    expect(unbroken.unitsRead).toBeLessThanOrEqual(2 * MAX_PIECE_UNITS);
  });

  test('the work of splitting is at most four times the text', () => {
    for (const whole of [
      'a'.repeat(1_000_000),
      ' \n'.repeat(500_000),
      'word '.repeat(200_000),
      '\u0301'.repeat(1_000_000),
    ]) {
      let units = 0;
      const counting = (part: string) => {
        units += part.length;
        return split(part);
      };
      const windows = new TextWindows(whole, { normalise: true, split: counting });
      while (windows.next() !== undefined);
      expect(units).toBeLessThan(4 * whole.length + 4 * MAX_PIECE_UNITS);
    }
  });
});
