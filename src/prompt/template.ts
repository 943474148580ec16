/**
 * The prompt of Qwen3-Reranker, byte for byte as its model card builds it. Any other spacing scores worse without saying
 * so. What lies between `<|…|>` markers here are control tokens; instruction, query and document never hold any.
 */

/** Everything up to the user's part, ending in a control token. */
export const SYSTEM_TURN =
  '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. ' +
  'Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>';

/** What follows the document, up to the place where the model answers. */
export const SUFFIX = '<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n';

/** The control tokens without which a tokenizer is not one of this family. */
export const TURN_TOKENS = ['<|im_start|>', '<|im_end|>'] as const;

/** The answers whose logits make the score. */
export const YES = 'yes';
export const NO = 'no';

/** The instruction of the model card, for calls that give none. */
export const DEFAULT_INSTRUCTION = 'Given a web search query, retrieve relevant passages that answer the query';

/** The user's turn up to the document: one plain-text string, since ids at its joints depend on both sides. */
export function userTurn(instruction: string, query: string): string {
  return `user\n<Instruct>: ${instruction}\n<Query>: ${query}\n<Document>:`;
}

/**
 * The document with the space that parts it from `<Document>:`. The prompt is cut before that space: the colon always
 * ends a piece there, and nothing composes with a space, so ids are those of the whole prompt.
 */
export function documentTurn(document: string): string {
  return ` ${document}`;
}
