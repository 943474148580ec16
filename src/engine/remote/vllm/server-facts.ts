import { halves, instructionOf } from './pair-engine.ts';
import type { VllmApi } from './vllm-api.ts';

/** What a server does with pairs, as far as its token counts tell. */
export interface ServerTemplate {
  /** Whether it puts a template around them. */
  readonly applies: boolean;
  /** Whether that is as long as Qwen3-Reranker's. */
  readonly ours: boolean;
  /** Whether an instruction gets into it. */
  readonly instructs: boolean;
  /** Tokens of the template, and those of ours. */
  readonly tokens: number;
  readonly ourTokens: number;
}

/** Most tokens of a pair of a letter and a digit without a template, special tokens included. */
const BARE = 8;
/** Tokens by which a template may differ from ours and still be the same one: templates in files lose line ends. */
const SAME = 2;

/** A control token of all tokenizers of the family, put between the halves of forged ones. */
export const SEPARATOR = '<|endoftext|>';
/** A model that knows all of these, each as one token, is of the family. */
const CONTROL_TOKENS = ['<|im_start|>', '<think>', '</think>', '<|im_end|>', SEPARATOR] as const;

/** `undefined` where the server has no `/score`. */
export async function templateOf(api: VllmApi, signal: AbortSignal): Promise<ServerTemplate | undefined> {
  const bare = await api.tryScore({ first: 'a', second: ['1'] }, true, signal);
  if (bare === undefined) return undefined;
  const tokens = bare.promptTokens;
  // Our prompt, put through the server's template if there is one: with that, and less the letter and the digit.
  const both = await api.tryScore(halves(undefined, 'a', ['1']), true, signal);
  const ourTokens = (both?.promptTokens ?? 0) - tokens + 2;
  const applies = tokens > BARE;
  const told = applies
    ? await api.tryScore({ first: 'a', second: ['1'] }, true, signal, instructionOf('c'))
    : undefined;
  return {
    applies,
    ours: applies && Math.abs(tokens - ourTokens) <= SAME,
    instructs: told !== undefined && told.promptTokens !== tokens,
    tokens,
    ourTokens,
  };
}

/** Whether the model has the control tokens of Qwen3, and the separator's id if the server tells ids. */
export async function familyOf(
  api: VllmApi,
  template: ServerTemplate | undefined,
  signal: AbortSignal,
): Promise<{ readonly member: boolean; readonly separatorId: number | undefined }> {
  const text = CONTROL_TOKENS.join('');
  const ids = await api.tryTokenize(text, signal);
  if (ids !== undefined) {
    const member = ids.length === CONTROL_TOKENS.length && new Set(ids).size === ids.length;
    return { member, separatorId: ids.at(-1) };
  }
  const counted = await api.tryScore({ first: text, second: ['1'] }, true, signal);
  const member = counted?.promptTokens === (template?.tokens ?? 0) - 1 + CONTROL_TOKENS.length;
  return { member, separatorId: undefined };
}
