/** Halves of surrogate pairs become U+FFFD, as they do in the tokenizer: UTF-8 has no place for them, and servers choke. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
