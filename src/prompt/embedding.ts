import { RerankitError } from '../errors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { type EncodedDocument, MIN_DOCUMENT_TOKENS } from './encode.ts';
import { MAX_UNITS_PER_TOKEN } from './limits.ts';

/** What ends a text where the tokenizer's own template does not say: the family is trained with it. */
const END_OF_TEXT = '<|endoftext|>';

/**
 * A colon behind a letter always begins a piece of its own, and composes with nothing: tokens up to it do not depend on the
 * text that follows the prompt.
 */
const SHARED_HEAD = /^.*\p{L}(?=:$)/su;

/** What goes before a text to be embedded. */
export interface EncodedPrompt {
  /** Tokens that all texts of the prompt begin with. */
  readonly prefix: Int32Array;
  /** The rest of the prompt, to be encoded with each text. */
  readonly rest: string;
}

/**
 * Turns texts, behind a prompt or none, into the token ids of Qwen3-Embedding, equal to those of encoding prompt and text at
 * once with the model's own tokenizer. Text of users never becomes a control token.
 */
export class EmbeddingEncoder {
  /** The largest id that a text can become. */
  readonly largestId: number;
  readonly #tokenizer: Tokenizer;
  readonly #before: readonly number[];
  readonly #after: readonly number[];

  /** Throws `MODEL_UNSUPPORTED` for a tokenizer with neither a template nor an end-of-text token. */
  constructor(tokenizer: Tokenizer) {
    const { before, after } = tokenizer.template() ?? { before: [], after: [tokenizer.tokenId(END_OF_TEXT)] };
    this.#tokenizer = tokenizer;
    this.#before = before;
    this.#after = after;
    this.largestId = Math.max(tokenizer.largestTextId, ...before, ...after);
  }

  /**
   * The tokens of a prompt.
   *
   * Throws `PROMPT_TOO_LONG` when fewer than `MIN_DOCUMENT_TOKENS` tokens of `maxLength` remain for a text.
   */
  encodePrompt(prompt: string, maxLength: number): EncodedPrompt {
    const room = maxLength - this.#before.length - this.#after.length - MIN_DOCUMENT_TOKENS;
    if (prompt.length > maxLength * MAX_UNITS_PER_TOKEN) throw tooLong(prompt, maxLength, room);
    const head = SHARED_HEAD.exec(prompt)?.[0] ?? '';
    if (this.#tokenizer.encodeText(prompt, Math.max(0, room)).truncated) throw tooLong(prompt, maxLength, room);
    const prefix = Int32Array.of(...this.#before, ...this.#tokenizer.encodeText(head).ids);
    return { prefix, rest: prompt.slice(head.length) };
  }

  /**
   * The ids that follow the prefix: the rest of the prompt and the text, cut at the text's tail where it is too long, and
   * what ends a text, always whole.
   *
   * @param maxTokens the most ids to return: `maxLength` less the prefix's length.
   */
  encodeText(text: string, { rest }: EncodedPrompt, maxTokens: number): EncodedDocument {
    const { ids, truncated } = this.#tokenizer.encodeText(rest + text, maxTokens - this.#after.length);
    const tokens = new Int32Array(ids.length + this.#after.length);
    tokens.set(ids);
    tokens.set(this.#after, ids.length);
    return { tokens, truncated };
  }
}

function tooLong(prompt: string, maxLength: number, room: number): RerankitError {
  return new RerankitError(
    'PROMPT_TOO_LONG',
    `The instruction's prompt (${prompt.length} characters) takes more than the ${Math.max(0, room)} tokens that maxLength ` +
      `${maxLength} leaves for it: ${MIN_DOCUMENT_TOKENS} are kept for the text. Shorten it or raise maxLength.`,
  );
}
