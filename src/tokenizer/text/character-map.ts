import { DoubleArray } from './double-array.ts';
import { invalid } from './problems.ts';

/** Mapped graphemes that are remembered: most texts use few different ones. */
const MAX_REMEMBERED = 20_000;
/** Graphemes of more UTF-8 bytes are mapped character by character only. */
const MAX_WHOLE_BYTES = 5;

/** Printable ASCII, and letters of scripts whose letters never continue a grapheme. */
const LETTER =
  '(?:[\\x20-\\x7e]|(?=\\p{L})[\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}])';
/** What does not begin a grapheme, by and large. */
const CONTINUES = '[\\p{M}\\p{Cf}\\p{Emoji_Modifier}]';
/**
 * Such a letter before another, which is a grapheme; else all up to the next, a few graphemes. Finding those takes a time
 * that grows with the square of the text's length, so that long runs without a letter are cut.
 */
const RUN = new RegExp(
  `(${LETTER})(?=${LETTER}|$)|[\\s\\S]{1,128}?(?=${LETTER}|$)|[\\s\\S]{1,128}(?!${CONTINUES})|[\\s\\S]{128}`,
  'gu',
);

/**
 * SentencePiece's map of characters (`Precompiled`): which strings are replaced by which others, as a trie of UTF-8 bytes
 * followed by the replacements. Graphemes first, then their characters; of several keys that a string begins with, the
 * shortest counts, and its replacement stands for the whole string: both are what the reference does.
 */
export class CharacterMap {
  readonly #keys: DoubleArray;
  readonly #values: Uint8Array;
  readonly #graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
  readonly #known = new Map<string, string>();
  readonly #utf8 = new TextEncoder();
  readonly #decoder = new TextDecoder();

  /** Takes `precompiled_charsmap` as it stands in the file, in base64. Throws `MODEL_INVALID`. */
  constructor(base64: unknown) {
    if (typeof base64 !== 'string') throw invalid('precompiled_charsmap', 'a string', base64);
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    const view = new DataView(bytes.buffer);
    const size = bytes.length >= 4 ? view.getUint32(0, true) : 0;
    if (size === 0 || size % 4 !== 0 || size + 4 > bytes.length) {
      throw invalid('precompiled_charsmap', "a trie's size and a trie of that size", `${bytes.length} bytes`);
    }
    this.#keys = new DoubleArray(Uint32Array.from({ length: size / 4 }, (_, at) => view.getUint32(4 + 4 * at, true)));
    this.#values = bytes.subarray(4 + size);
  }

  map(text: string): string {
    let result = '';
    for (const [run, letter] of text.matchAll(RUN)) {
      if (letter !== undefined) result += this.#mapped(letter);
      else for (const { segment } of this.#graphemes.segment(run)) result += this.#mapped(segment);
    }
    return result;
  }

  #mapped(grapheme: string): string {
    const known = this.#known.get(grapheme);
    if (known !== undefined) return known;
    const bytes = this.#utf8.encode(grapheme);
    const whole = bytes.length <= MAX_WHOLE_BYTES ? this.#replacement(bytes) : undefined;
    const mapped =
      whole ??
      Array.from(grapheme, (character) => this.#replacement(this.#utf8.encode(character)) ?? character).join('');
    if (grapheme.length <= 16) {
      if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
      this.#known.set(grapheme, mapped);
    }
    return mapped;
  }

  #replacement(key: Uint8Array): string | undefined {
    const start = this.#keys.firstPrefix(key);
    if (start === undefined) return undefined;
    const end = this.#values.indexOf(0, start);
    return this.#decoder.decode(this.#values.subarray(start, end < 0 ? undefined : end));
  }
}
