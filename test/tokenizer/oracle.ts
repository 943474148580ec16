import { readFileSync } from 'node:fs';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { createTokenizer, type Tokenizer } from '../../src/tokenizer/tokenizer.ts';

/**
 * The reference tokenizer beside ours, over one vocabulary. If the native binding does not load, importing this file
 * throws and every test that needs it fails: never skipped.
 */
export interface Oracle {
  readonly name: string;
  readonly json: TokenizerFile;
  readonly config: unknown;
  readonly ours: Tokenizer;
  /** All added tokens of the vocabulary, special or not. */
  readonly addedTokens: readonly string[];
  /** The reference's ids, added tokens never recognised (its file has none). */
  plain(text: string): Promise<number[]>;
  /** The reference's ids, added tokens recognised. */
  parsed(text: string): Promise<number[]>;
}

export interface TokenizerFile {
  readonly added_tokens: readonly { readonly content: string; readonly id: number }[];
  readonly model: {
    readonly type: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly unknown[];
  };
  readonly pre_tokenizer: unknown;
}

/** Loads both tokenizers from a folder, given with its last slash. */
export function oracle(name: string, folder: string): Oracle {
  // Both files are fixtures of known content.
  const json = JSON.parse(readFileSync(`${folder}tokenizer.json`, 'utf8')) as TokenizerFile;
  const config: unknown = JSON.parse(readFileSync(`${folder}tokenizer_config.json`, 'utf8'));
  const plain = RustTokenizer.fromString(JSON.stringify({ ...json, added_tokens: [] }));
  const parsed = RustTokenizer.fromString(JSON.stringify(json));
  const encode = async (tokenizer: RustTokenizer, text: string) =>
    (await tokenizer.encode(wellFormed(text), null, { addSpecialTokens: false })).getIds();
  return {
    name,
    json,
    config,
    ours: createTokenizer(json, config),
    addedTokens: json.added_tokens.map((token) => token.content),
    plain: (text) => encode(plain, text),
    parsed: (text) => encode(parsed, text),
  };
}

/** Lone surrogates as U+FFFD. */
export function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/**
 * The marks whose combining class the reference does not know: it normalises by an old Unicode, so it leaves them where
 * they are among other marks. Found by comparing all code points; the comparison leaves them out.
 */
const UNKNOWN_MARKS = new RegExp(
  `[${[
    '07fd 0899-089b 08cf-08d3 0c3c 0d3b 0d3c 0eba 1715 1abf 1ac0 1ac3 1ac4 1aca 1add 1ae6 1aeb 1df6-1dfa a82c 10efa-10eff',
    '10f46-10f50 10f83 10f85 11070 1133b 113ce-113d0 11839 1183a 1193d 1193e 11943 119e0 11a34 11a47 11a99 11d42 11d44',
    '11d45 11d97 11f41 11f42 1612f 16ff0 16ff1 1e4ec-1e4ef 1e5ee 1e5ef',
  ]
    .join(' ')
    .split(' ')
    .map((range) => range.replace(/[0-9a-f]+/g, '\\u{$&}'))
    .join('')}]`,
  'gu',
);

export function withoutUnknownMarks(text: string): string {
  return text.replace(UNKNOWN_MARKS, 'x');
}
