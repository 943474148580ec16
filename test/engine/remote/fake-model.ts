/** A model and tokenizer to stand in a server: every character is a token, control tokens are one each. */

const CONTROL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<think>', '</think>'] as const;
const FIRST_CONTROL_ID = 0x200000;

/** As a server reads text: control strings are control tokens, wherever they come from. */
export function tokenize(text: string): number[] {
  const parts = text.split(/(<\|endoftext\|>|<\|im_start\|>|<\|im_end\|>|<think>|<\/think>)/);
  return parts.flatMap((part) => {
    const control = (CONTROL as readonly string[]).indexOf(part);
    return control === -1 ? plainIds(part) : [FIRST_CONTROL_ID + control];
  });
}

/** As the library reads what users write: nothing is a control token. */
export function plainIds(text: string): number[] {
  return Array.from(text, (char) => char.codePointAt(0) ?? 0);
}

/** A number from -8 to 8 that every id has a part in. */
export function logitOf(ids: readonly number[]): number {
  let hash = 2166136261;
  for (const id of ids) hash = Math.imul(hash ^ id, 16777619) >>> 0;
  return (hash / 2 ** 32) * 16 - 8;
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
