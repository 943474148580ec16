import { readFile } from 'node:fs/promises';
import type { GgufValue } from './format.ts';

interface TokenizerJson {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly (string | string[])[] };
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special: boolean }[];
}

const TOKEN_TYPE = { NORMAL: 1, CONTROL: 3, USER_DEFINED: 4, UNUSED: 5 } as const;

/** The tokenizer of a Qwen checkpoint, as GGUF has it. Ids up to `size` that no token has are filled. */
export async function vocabulary(tokenizer: string, size: number): Promise<Record<string, GgufValue>> {
  const { model, added_tokens: added }: TokenizerJson = JSON.parse(await readFile(tokenizer, 'utf8'));
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const types: number[] = Array.from({ length: size }, () => TOKEN_TYPE.UNUSED);
  for (const [token, id] of Object.entries(model.vocab)) {
    tokens[id] = token;
    types[id] = TOKEN_TYPE.NORMAL;
  }
  for (const { id, content, special } of added) {
    tokens[id] = content;
    types[id] = special ? TOKEN_TYPE.CONTROL : TOKEN_TYPE.USER_DEFINED;
  }
  const idOf = (token: string): GgufValue => ({ type: 'u32', value: tokens.indexOf(token) });
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'qwen2' },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'i32s', value: types },
    'tokenizer.ggml.merges': {
      type: 'strings',
      value: model.merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' '))),
    },
    'tokenizer.ggml.eos_token_id': idOf('<|im_end|>'),
    'tokenizer.ggml.padding_token_id': idOf('<|endoftext|>'),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    'tokenizer.ggml.add_eos_token': { type: 'bool', value: false },
  };
}
