import { Tokenizer as RustTokenizer } from 'tokenizers';
import { TextTokenizer } from '../../src/tokenizer/text/text-tokenizer.ts';
import { tokenizerJson } from '../onnx-exports/fixtures.ts';
import { wellFormed } from './oracle.ts';

interface File {
  readonly added_tokens: readonly { readonly content: string; readonly id: number; readonly special: boolean }[];
  readonly model: { readonly type: string; readonly vocab: unknown };
  readonly [name: string]: unknown;
}

/** The reference beside ours, for one family's tokenizer. */
export interface TextOracle {
  readonly name: string;
  readonly ours: TextTokenizer;
  readonly control: readonly { readonly content: string; readonly id: number }[];
  /** The reference's ids of a text, whose control tokens it does not know by their names. */
  plain(text: string): Promise<number[]>;
  /** The reference's ids and type ids of a pair, by the file as it is. */
  pair(query: string, document: string): Promise<{ readonly ids: number[]; readonly types: number[] }>;
}

export function textOracle(name: string, change: (file: File) => object = (file) => file): TextOracle {
  const json = change(JSON.parse(tokenizerJson(name)) as File) as File;
  const control = json.added_tokens.filter((token) => token.special);
  const plain = RustTokenizer.fromString(JSON.stringify(nameless(json)));
  const whole = RustTokenizer.fromString(JSON.stringify(json));
  return {
    name,
    ours: new TextTokenizer(json, {}),
    control,
    plain: async (text) => (await plain.encode(wellFormed(text), null, { addSpecialTokens: false })).getIds(),
    pair: async (query, document) => {
      const encoding = await whole.encode(wellFormed(query), wellFormed(document));
      return { ids: encoding.getIds(), types: encoding.getTypeIds() };
    },
  };
}

/** The file with names for its control tokens that no text has: the reference would read them in text. */
function nameless(file: File): object {
  const renamed = new Map(
    file.added_tokens.filter(({ special }) => special).map(({ content, id }) => [content, `\u{10fff0}${id}\u{10fff1}`]),
  );
  const name = (token: string) => renamed.get(token) ?? token;
  const { vocab } = file.model;
  const model = {
    ...file.model,
    ...('unk_token' in file.model &&
      typeof file.model.unk_token === 'string' && { unk_token: name(file.model.unk_token) }),
    vocab: Array.isArray(vocab)
      ? vocab.map(([token, score]: [string, number]) => [name(token), score])
      : Object.fromEntries(Object.entries(vocab as object).map(([token, id]) => [name(token), id])),
  };
  return { ...file, added_tokens: file.added_tokens.filter(({ special }) => !special), post_processor: null, model };
}
