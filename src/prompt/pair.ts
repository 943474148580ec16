import { RerankitError, show } from '../errors.ts';
import type { TextTokenizer } from '../tokenizer/text/text-tokenizer.ts';
import { type EncodedDocument, MIN_DOCUMENT_TOKENS, type PrefixInput } from './encode.ts';
import { MAX_UNITS_PER_TOKEN } from './limits.ts';
import { PrefixCache } from './prefix-cache.ts';

/**
 * Turns queries and documents into the token ids of a cross-encoder's pair, as the tokenizer's own template joins them:
 * `[CLS] query [SEP]` is the prefix that a query's documents have in common, `document [SEP]` follows it.
 */
export class PairEncoder {
  readonly #tokenizer: TextTokenizer;
  readonly #prefixes = new PrefixCache();

  constructor(tokenizer: TextTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The largest id that a pair can hold. */
  get largestId(): number {
    return this.#tokenizer.definition.largestId;
  }

  /** The `token_type_ids` of the prefix and of what follows. */
  get types(): { readonly prefix: number; readonly row: number } {
    const { firstType, secondType } = this.#tokenizer.definition.template;
    return { prefix: firstType, row: secondType };
  }

  /** The id of the tokenizer's padding token, if it names one. */
  get padId(): number | undefined {
    return this.#tokenizer.definition.padId;
  }

  /**
   * The ids that all documents of one query share. Do not change them: they are remembered.
   *
   * Throws `PROMPT_TOO_LONG` when fewer than `MIN_DOCUMENT_TOKENS` tokens of `maxLength` remain for a document.
   */
  encodePrefix({ query, maxLength }: PrefixInput): Int32Array {
    const { before, between, after } = this.#tokenizer.definition.template;
    const room = maxLength - before.length - between.length - after.length - MIN_DOCUMENT_TOKENS;
    if (query.length > maxLength * MAX_UNITS_PER_TOKEN) throw tooLong(query, maxLength, room);
    const known = this.#prefixes.get('', query);
    if (known !== undefined && known.length <= room + before.length + between.length) return known;
    const { ids, truncated } = this.#tokenizer.encodeText(query, Math.max(0, room));
    if (truncated || room < 0) throw tooLong(query, maxLength, room);
    const tokens = Int32Array.of(...before, ...ids, ...between);
    this.#prefixes.set('', query, tokens);
    return tokens;
  }

  /**
   * The ids that follow the prefix: the document, cut at its tail where it is too long, and the template's end, always
   * whole.
   *
   * @param maxTokens the most ids to return: `maxLength` less the prefix's length.
   */
  encodeDocument(document: string, maxTokens: number): EncodedDocument {
    const { after } = this.#tokenizer.definition.template;
    const { ids, truncated } = this.#tokenizer.encodeText(document, maxTokens - after.length);
    const tokens = new Int32Array(ids.length + after.length);
    tokens.set(ids);
    tokens.set(after, ids.length);
    return { tokens, truncated };
  }

  /** How many tokens of a document fit, where `maxTokens` follow the prefix. */
  documentRoom(maxTokens: number): number {
    return maxTokens - this.#tokenizer.definition.template.after.length;
  }

  /** How many tokens a document has in a pair; if they are more than `atMost`, any larger number. */
  countDocument(document: string, atMost: number): number {
    const { ids, truncated } = this.#tokenizer.encodeText(document, atMost);
    return truncated ? atMost + 1 : ids.length;
  }
}

function tooLong(query: string, maxLength: number, room: number): RerankitError {
  return new RerankitError(
    'PROMPT_TOO_LONG',
    `query (${query.length} characters: ${show(query)}) takes more than the ${Math.max(0, room)} tokens that maxLength ` +
      `${maxLength} leaves for it: ${MIN_DOCUMENT_TOKENS} are kept for the document. Shorten it or raise maxLength.`,
  );
}
