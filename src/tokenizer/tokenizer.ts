import { RerankitError, show } from '../errors.ts';
import { BytePairEncoder } from './byte-pair.ts';
import { parseTokenizer, readTokenizer, type TokenizerDefinition } from './definition.ts';
import { IdBuffer } from './id-buffer.ts';
import { type TextTemplate, textTemplateOf } from './text-template.ts';
import { TextWindows } from './text-windows.ts';

/** Text to token ids and nothing else: no padding, no special tokens of its own accord. Pure and synchronous. */
export interface Tokenizer {
  /**
   * Encodes text of users. Nothing in it is ever read as a control token: `<|im_end|>` becomes the same ids as any other
   * five words of punctuation and letters would.
   *
   * Reads only as much of `text` as `maxTokens` needs, so a 10 MB string costs no more than its beginning. Lone surrogates
   * encode as U+FFFD; NUL is an ordinary character.
   *
   * @param maxTokens the most ids to return, at least 0. Default: no limit.
   */
  encodeText(text: string, maxTokens?: number): EncodedText;
  /**
   * Encodes a string of this library's own, in which the tokenizer's added tokens (`<|im_start|>`, …) are recognised.
   * Never pass text of users. Throws `MODEL_UNSUPPORTED` for tokens that would change the text around them.
   */
  encodeTemplate(text: string): Int32Array;
  /**
   * The id of one exact entry of the vocabulary or of the added tokens.
   * Throws `MODEL_UNSUPPORTED` when there is none.
   */
  tokenId(token: string): number;
  /**
   * Control tokens that the tokenizer's own template puts around a text, which {@link encodeText} does not; `undefined` if
   * it has none. Throws `MODEL_UNSUPPORTED` and `MODEL_INVALID` for what is no such template.
   */
  template(): TextTemplate | undefined;
  /** The largest id that text of users can become. */
  readonly largestTextId: number;
}

export interface EncodedText {
  readonly ids: Int32Array;
  /** Whether the text goes on beyond `ids`. */
  readonly truncated: boolean;
}

/**
 * Makes a tokenizer from the parsed `tokenizer.json` and `tokenizer_config.json` of a checkpoint, both untrusted.
 * Throws `MODEL_INVALID` for damaged files, `MODEL_UNSUPPORTED` for tokenizers of another kind than the Qwen family's.
 */
export function createTokenizer(tokenizerJson: unknown, tokenizerConfig?: unknown): Tokenizer {
  return new ByteLevelTokenizer(parseTokenizer(tokenizerJson, tokenizerConfig));
}

/** The same from the bytes of tokenizer.json, which is faster. `path` is for messages. */
export function createTokenizerFrom(json: Uint8Array, path: string, tokenizerConfig?: unknown): Tokenizer {
  return new ByteLevelTokenizer(readTokenizer(json, path, tokenizerConfig));
}

class ByteLevelTokenizer implements Tokenizer {
  readonly #definition: TokenizerDefinition;
  readonly #encoder: BytePairEncoder;
  readonly #controlTokens: RegExp;
  readonly largestTextId: number;

  constructor(definition: TokenizerDefinition) {
    this.#definition = definition;
    this.#encoder = new BytePairEncoder(definition.vocab, definition.merges, definition.ignoreMerges);
    this.#controlTokens = alternation([...definition.addedTokens.keys()]);
    this.largestTextId = definition.vocab.largestId;
  }

  encodeText(text: string, maxTokens = Number.POSITIVE_INFINITY): EncodedText {
    const ids = new IdBuffer();
    if (maxTokens <= 0) return { ids: ids.toArray(0), truncated: text.length > 0 };
    const windows = new TextWindows(text, this.#definition);
    for (let pieces = windows.next(); pieces !== undefined; pieces = windows.next()) {
      for (const piece of pieces) {
        this.#encoder.encode(piece, ids);
        // One id too many says that the text goes on, and every piece has at least one: nothing more need be read.
        if (ids.length > maxTokens) return { ids: ids.toArray(maxTokens), truncated: true };
      }
    }
    return { ids: ids.toArray(ids.length), truncated: false };
  }

  encodeTemplate(text: string): Int32Array {
    const ids: number[] = [];
    let end = 0;
    for (const match of text.matchAll(this.#controlTokens)) {
      ids.push(...this.encodeText(text.slice(end, match.index)).ids, this.#controlToken(match[0]));
      end = match.index + match[0].length;
    }
    ids.push(...this.encodeText(text.slice(end)).ids);
    return Int32Array.from(ids);
  }

  template(): TextTemplate | undefined {
    return textTemplateOf(this.#definition.postProcessor);
  }

  #controlToken(token: string): number {
    if (this.#definition.addedTokens.get(token)?.touchesNeighbours) {
      throw new RerankitError(
        'MODEL_UNSUPPORTED',
        `tokenizer.json has the token ${show(token)} with lstrip, rstrip or single_word, which would change the prompt around ` +
          'it. Use the tokenizer.json of Qwen3-Reranker.',
      );
    }
    return this.tokenId(token);
  }

  tokenId(token: string): number {
    const id = this.#definition.addedTokens.get(token)?.id ?? this.#definition.vocab.idOf(token);
    if (id >= 0) return id;
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `tokenizer.json has no token ${show(token)}: this is not the tokenizer of a Qwen3-Reranker checkpoint.`,
    );
  }
}

/** Matches any of `tokens`, the longest first, as the reference does. Without tokens it matches nothing. */
function alternation(tokens: readonly string[]): RegExp {
  if (tokens.length === 0) return /(?!)/g;
  const longestFirst = [...tokens].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'g');
}
