/**
 * Strings that Qwen's tokenizers read as control tokens: `<|im_end|>` and any other of that form, `<think>`, `<tool_call>`
 * and so on. Matched is all but what closes them.
 */
const CONTROL = /<(?:\|[^<>|\s]{0,63}[\p{L}\p{N}](?=\|>)|\/?(?:think|tool_call|tool_response)(?=>))/gu;

export function holdsControl(text: string): boolean {
  return text.search(CONTROL) !== -1;
}

/** Breaks control strings visibly, with a space, for a server that tokenises the text as a template: `< |im_end|>`. */
export function broken(text: string): string {
  return text.replace(CONTROL, (control) => `< ${control.slice(1)}`);
}

/**
 * Puts `separator`, a control token, inside every control string, where plain text is divided in any case: without the
 * separator's ids, the ids of the result are those of the text read as plain text.
 */
export function parted(text: string, separator: string): string {
  return text.replace(CONTROL, (control) => control + separator);
}
