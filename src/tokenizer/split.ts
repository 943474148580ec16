import { Tokenizer } from '@huggingface/tokenizers';
import { RerankitError, show } from '../errors.ts';
import { field, isRecord } from './json.ts';

/**
 * The split pattern of the Qwen2 and Qwen3 family. No other is admitted: `boundaries.ts` relies on what it looks at, and
 * an unknown pattern could take exponential time.
 */
const FAMILY_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The part of the library that is used: its published types do not resolve under `nodenext`. */
interface LibraryTokenizer {
  readonly pre_tokenizer: { pre_tokenize(text: string): string[] };
}

/**
 * Checks the `pre_tokenizer` of a tokenizer.json and returns what splits a text as it says. The library translates the
 * pattern to JavaScript's dialect, whose `\s` differs from the reference's.
 * Throws `MODEL_UNSUPPORTED` for any but the family's.
 */
export function splitterOf(config: unknown): (text: string) => readonly string[] {
  const parts = isRecord(config) ? field(config, 'pretokenizers') : undefined;
  const [split, bytes, ...others] = Array.isArray(parts) ? (parts as readonly unknown[]) : [];
  if (!isFamilySplit(split) || !isPlainByteLevel(bytes) || others.length > 0) {
    const type = isRecord(config) ? (field(config, 'type') ?? config) : config;
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `tokenizer.json has a pre_tokenizer (${show(type)}) other than that of Qwen3: its split pattern and then bytes. ` +
        'Use a checkpoint with the tokenizer.json of Qwen3-Reranker.',
    );
  }
  const library: LibraryTokenizer = new Tokenizer({ ...EMPTY, pre_tokenizer: split }, {});
  return (text) => library.pre_tokenizer.pre_tokenize(text);
}

/** A tokenizer.json without a vocabulary: merging is done in `byte-pair.ts`. */
const EMPTY = {
  added_tokens: [],
  normalizer: null,
  model: { type: 'BPE', vocab: {}, merges: [] },
  post_processor: null,
  decoder: null,
};

function isFamilySplit(part: unknown): boolean {
  if (!isRecord(part) || field(part, 'type') !== 'Split') return false;
  const pattern = field(part, 'pattern');
  return (
    isRecord(pattern) &&
    field(pattern, 'Regex') === FAMILY_PATTERN &&
    field(part, 'behavior') === 'Isolated' &&
    field(part, 'invert') !== true
  );
}

/** Bytes as characters and nothing else: no space put in front, no second split. */
function isPlainByteLevel(part: unknown): boolean {
  return (
    isRecord(part) &&
    field(part, 'type') === 'ByteLevel' &&
    field(part, 'add_prefix_space') === false &&
    field(part, 'use_regex') === false
  );
}
