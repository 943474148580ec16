import { RerankitError, show } from '../errors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { MAX_UNITS_PER_TOKEN } from './limits.ts';
import { PrefixCache } from './prefix-cache.ts';
import { DEFAULT_INSTRUCTION, documentTurn, NO, SUFFIX, SYSTEM_TURN, TURN_TOKENS, userTurn, YES } from './template.ts';

/** Room that instruction and query must leave for each document, in tokens; a document of fewer is useless. */
export const MIN_DOCUMENT_TOKENS = 16;

export interface PrefixInput {
  /** Default: {@link DEFAULT_INSTRUCTION}. */
  readonly instruction?: string | undefined;
  readonly query: string;
  /** The most tokens of a whole prompt (prefix, document and suffix). */
  readonly maxLength: number;
}

export interface EncodedDocument {
  /** The document and the prompt's suffix: what follows the prefix. */
  readonly tokens: Int32Array;
  /** Whether the document's tail was dropped. */
  readonly truncated: boolean;
}

/**
 * Turns instructions, queries and documents into the token ids of Qwen3-Reranker's prompt, equal to those of encoding the
 * whole prompt at once. Text of users never becomes a control token.
 */
export class PromptEncoder {
  /** Ids of the answers; the score is `logit(yes) - logit(no)`. */
  readonly yesId: number;
  readonly noId: number;
  /** Ids of everything after a document. */
  readonly suffix: Int32Array;
  /** The largest id that a prompt can hold. */
  readonly largestId: number;
  readonly #tokenizer: Tokenizer;
  readonly #system: Int32Array;
  readonly #prefixes = new PrefixCache();

  /** Throws `MODEL_UNSUPPORTED` when the tokenizer lacks the template's control tokens, `yes` or `no`. */
  constructor(tokenizer: Tokenizer) {
    for (const token of TURN_TOKENS) tokenizer.tokenId(token);
    this.#tokenizer = tokenizer;
    this.yesId = tokenizer.tokenId(YES);
    this.noId = tokenizer.tokenId(NO);
    this.suffix = tokenizer.encodeTemplate(SUFFIX);
    this.#system = tokenizer.encodeTemplate(SYSTEM_TURN);
    this.largestId = Math.max(tokenizer.largestTextId, ...this.suffix, ...this.#system);
  }

  /**
   * The ids that all documents of one query share: template, instruction and query up to `<Document>:`. The same pair
   * gives the same array again while it is remembered; do not change it.
   *
   * Throws `PROMPT_TOO_LONG` when fewer than {@link MIN_DOCUMENT_TOKENS} tokens of `maxLength` remain for a document.
   */
  encodePrefix({ instruction = DEFAULT_INSTRUCTION, query, maxLength }: PrefixInput): Int32Array {
    const limit = maxLength - this.suffix.length - MIN_DOCUMENT_TOKENS;
    // Counting far beyond the limit would only make the message exact.
    const counted = Math.max(2 * limit, 1_024);
    if (instruction.length + query.length > counted * MAX_UNITS_PER_TOKEN) {
      throw this.#tooLong(instruction, query, maxLength, `more than ${limit}`);
    }
    const known = this.#prefixes.get(instruction, query);
    if (known !== undefined && known.length <= limit) return known;
    const user = this.#tokenizer.encodeText(userTurn(instruction, query), counted);
    const length = this.#system.length + user.ids.length;
    if (user.truncated || length > limit) {
      throw this.#tooLong(instruction, query, maxLength, user.truncated ? `more than ${length}` : `${length}`);
    }
    const tokens = new Int32Array(length);
    tokens.set(this.#system);
    tokens.set(user.ids, this.#system.length);
    this.#prefixes.set(instruction, query, tokens);
    return tokens;
  }

  /**
   * The ids that follow the prefix: the document, cut at its tail where it is too long, and the suffix, always whole.
   *
   * @param maxTokens the most ids to return, suffix included: `maxLength` less the prefix's length.
   * Throws `INVALID_OPTION` when not even one id of the document fits.
   */
  encodeDocument(document: string, maxTokens: number): EncodedDocument {
    const room = maxTokens - this.suffix.length;
    if (!(room >= 1)) {
      throw new RerankitError(
        'INVALID_OPTION',
        `maxTokens of a document must be more than the ${this.suffix.length} tokens of the prompt's suffix, not ${show(maxTokens)}.`,
      );
    }
    const { ids, truncated } = this.#tokenizer.encodeText(documentTurn(document), room);
    const tokens = new Int32Array(ids.length + this.suffix.length);
    tokens.set(ids);
    tokens.set(this.suffix, ids.length);
    return { tokens, truncated };
  }

  /** How many tokens of a document fit, where `maxTokens` follow the prefix. */
  documentRoom(maxTokens: number): number {
    return maxTokens - this.suffix.length;
  }

  /** How many tokens a document has in a prompt; if they are more than `atMost`, any larger number. */
  countDocument(document: string, atMost: number): number {
    const { ids, truncated } = this.#tokenizer.encodeText(documentTurn(document), atMost);
    return truncated ? atMost + 1 : ids.length;
  }

  #tooLong(instruction: string, query: string, maxLength: number, taken: string): RerankitError {
    return new RerankitError(
      'PROMPT_TOO_LONG',
      `instruction (${instruction.length} characters) and query (${query.length} characters: ${show(query)}) take ${taken} ` +
        `tokens with their template, but maxLength ${maxLength} leaves them ` +
        `${Math.max(0, maxLength - this.suffix.length - MIN_DOCUMENT_TOKENS)}: ${this.suffix.length} go to the prompt's end and ` +
        `${MIN_DOCUMENT_TOKENS} are kept for the document. Shorten them or raise maxLength.`,
    );
  }
}
