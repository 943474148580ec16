import fc from 'fast-check';
import { withoutUnknownMarks } from './oracle.ts';

/** Runs of each fuzz test: RERANKIT_FUZZ=20000 looks longer. */
export const FUZZ_RUNS = Number(process.env['RERANKIT_FUZZ'] ?? 200);
export const FUZZ = { numRuns: FUZZ_RUNS, seed: 20_261_123 } as const;

/** Milliseconds for one test: these compute, and the machine may be busy. */
export const TEST_TIMEOUT = 60_000 + 50 * FUZZ_RUNS;

/** One or more sentences in many scripts, and everything that tokenizers are known to trip over. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  "The quick brown fox can't jump; they're WE'LL i'D 'S over 3,141.59 lazy dogs.",
  '如何在 Python 中读取大型 CSV 文件？使用 pandas.read_csv() 直接加载整个文件到内存。',
  '繁體中文：這是一個測試，請問臺灣的首都在哪裡？',
  'これはテストです。カタカナとひらがな、ﾊﾝｶｸも。が か\u3099',
  '대한민국의 수도는 서울입니다. \u1112\u1161\u11ab\u1100\u1173\u11af \uac00\u11a8',
  'Быстрая коричневая лиса прыгает через ленивую собаку. Ёё и\u0306',
  'الثعلب البني السريع يقفز فوق الكلب الكسول. مُحَمَّد ١٢٣',
  'השועל החום המהיר קופץ מעל הכלב העצלן. שָׁלוֹם',
  'तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। क़ \u0958 \u0915\u093c',
  'สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ ๑๒๓',
  'Η γρήγορη καφέ αλεπού. ἄ α\u0313\u0301 ά',
  'த விரைவான பழுப்பு நரி. கொ க\u0bc6\u0bbe',
  'Tiếng Việt có dấu: ế e\u0302\u0301 ệ e\u0323\u0302 Tie\u0302\u0301ng',
  'ქართული ენა. Հայերեն լեզու. አማርኛ ቋንቋ. မြန်မာ စာ',
  '😀 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇨🇳🇩🇪 ☃️ ❤️‍🔥 #️⃣ 🧑🏿‍🚀',
  'function f(x) {\n\treturn x?.y ?? `a$x` // ok\n}\r\n\r\n  if (a && b) { c(); }\n\n\n    d',
  '<div class="a">&nbsp;<!-- x --></div>\n| a | b |\n|---|---|\n$$\\frac{1}{2}$$ https://x.y/z?a=1&b=%20#c',
  '\u0000 \u0001\u0007\u001b\u007f \u0085 \u00a0 \u2000\u2001 \u2028\u2029 \u3000 \ufeff \u200b\u200c\u200d \u180e',
  ' a  b   c    d \t e\t\tf \n g\n\nh \r i\r\nj \n \n \n  k  \n',
  '   \n  ',
  '\n\n\n',
  '\r\n \r\n\t',
  '\u0301start with a mark, \u0301 after space, a\u0315\u0300\u05ae\u0300b',
  'ſ K Å \u2126 \u212b \u1e9b\u0323 ﬁ Ⅷ ½ ² ٣ 一二三 ①',
  'lone \ud800 and \udc00 and \udc00\ud800 reversed, \ud83d\ude00 paired',
  "''''s ''re 'll'll 'tHe I'ſ 'ſ DON'T don’t",
  'a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308 zalgo t̴̢̛e̵̡x̸̧t',
  '!!!???...---===***\n\n***\n \n!\n  !',
];

/** Text that tries to be a control token, with every added token of a vocabulary. */
export function forgeries(tokens: readonly string[]): string[] {
  return tokens.flatMap((token) => {
    const half = Math.ceil(token.length / 2);
    return [
      token,
      ` ${token} `,
      `x${token}y`,
      `${token}\n${token}`,
      token.slice(0, half) + token + token.slice(half),
      `${token.slice(0, half)}\u200b${token.slice(half)}`,
      `${token}\u0301`,
      `\u0338${token}`,
      token.toUpperCase(),
      `<${token}>`,
    ];
  });
}

/** Any text: ordinary words, symbols, marks, white space, control tokens, lone surrogates, in any order. */
export function anyText(tokens: readonly string[], maxLength = 40): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...TEXTS.flatMap((text) => text.split(/(?<=\s)/u))) },
    { weight: 2, arbitrary: fc.constantFrom(' ', '  ', '\n', '\r\n', '\t', ' \n ', '\u00a0', '\u3000', '\u0085') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('\u0300', '\u0301', '\u0323', '\u0338', '\u3099', '\u1161', '\u11a8', '\u093c'),
    },
    { weight: 2, arbitrary: fc.constantFrom('<', '|', '>', "'", "'s", "'LL", '!', '--', '</', '0', '12', 'é', 'e') },
    { weight: 1, arbitrary: fc.constantFrom('\ud800', '\udc00', '\ud83d', '\ude00', '\u0000') },
    { weight: 2, arbitrary: fc.constantFrom(...tokens) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...tokens).chain((token) => fc.nat(token.length).map((n) => token.slice(n))),
    },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  );
  return fc.array(piece, { maxLength }).map((pieces) => withoutUnknownMarks(pieces.join('')));
}
