import { RerankitError, show } from '../errors.ts';
import { parseJson } from '../model/json-file.ts';
import { type AddedToken, addedTokensOf } from './added-tokens.ts';
import { BYTE_CHARACTERS } from './byte-alphabet.ts';
import { field, isRecord, isTokenId, type JsonRecord } from './json.ts';
import { type QuickModel, readQuickly } from './quick-model.ts';
import { splitterOf } from './split.ts';
import type { Splitting } from './text-windows.ts';
import { Vocabulary } from './vocabulary.ts';

/** What a tokenizer.json says, checked. */
export interface TokenizerDefinition extends Splitting {
  readonly vocab: Vocabulary;
  /** Three ids a merge: left, right, merged. The first merge goes before all others. */
  readonly merges: Int32Array;
  /** Whether a piece that is itself in the vocabulary is taken whole. */
  readonly ignoreMerges: boolean;
  /** Strings that a template may hold as control tokens; text of users never does. */
  readonly addedTokens: ReadonlyMap<string, AddedToken>;
  /** As it is in the file: only embedders have to know what it says. */
  readonly postProcessor: unknown;
}

/**
 * Checks a parsed tokenizer.json and tokenizer_config.json. Both are untrusted.
 * Throws `MODEL_INVALID` for damaged files and `MODEL_UNSUPPORTED` for sound ones of another kind than the Qwen family's:
 * NFC or no normaliser, the family's split pattern, byte-level byte-pair encoding.
 */
export function parseTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  quick?: QuickModel,
): TokenizerDefinition {
  if (!isRecord(tokenizerJson)) throw invalid('is', 'a JSON object', tokenizerJson);
  const model = field(tokenizerJson, 'model');
  if (!isRecord(model)) throw invalid('has as "model"', 'an object', model);
  // Files of old versions leave the type out.
  const type = field(model, 'type') ?? 'BPE';
  if (type !== 'BPE') throw unsupported('model.type', 'BPE', type);
  for (const name of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    const value = field(model, name);
    if (value !== undefined && value !== null && value !== '' && value !== 0) {
      throw unsupported(`model.${name}`, 'null', value);
    }
  }
  const vocab = quick?.vocab ?? vocabOf(model);
  const missing = BYTE_CHARACTERS.find((character) => vocab.idOf(character) < 0);
  if (missing !== undefined)
    throw unsupported('model.vocab', 'a byte-level vocabulary', `one without ${show(missing)}`);
  return {
    normalise: normalises(field(tokenizerJson, 'normalizer')),
    split: splitterOf(field(tokenizerJson, 'pre_tokenizer')),
    vocab,
    merges: quick?.merges ?? mergesOf(model, vocab),
    ignoreMerges: field(model, 'ignore_merges') === true,
    addedTokens: addedTokensOf(tokenizerJson, tokenizerConfig),
    postProcessor: field(tokenizerJson, 'post_processor'),
  };
}

/** The same from the bytes of tokenizer.json. Throws `MODEL_INVALID` also for what is not JSON; `path` is for the message. */
export function readTokenizer(json: Uint8Array, path: string, tokenizerConfig: unknown): TokenizerDefinition {
  const quick = readQuickly(json);
  return parseTokenizer(quick === undefined ? parseJson(json, path) : quick.rest, tokenizerConfig, quick);
}

/** The vocabulary of a byte-level model. */
export function vocabOf(model: JsonRecord): Vocabulary {
  const entries = field(model, 'vocab');
  if (!isRecord(entries)) throw invalid('has as "model.vocab"', 'an object', entries);
  const vocab = new Vocabulary();
  const utf8 = new TextEncoder();
  for (const [token, id] of Object.entries(entries)) {
    if (!isTokenId(id)) throw invalid(`has as id of the token ${show(token)}`, 'an integer from 0 to 2^31 - 1', id);
    const bytes = utf8.encode(token);
    vocab.set(bytes, 0, bytes.length, id);
  }
  return vocab;
}

/** The merges of a byte-pair model. */
export function mergesOf(model: JsonRecord, vocab: Vocabulary): Int32Array {
  const merges = field(model, 'merges');
  if (!Array.isArray(merges)) throw invalid('has as "model.merges"', 'an array', merges);
  const ids = new Int32Array(3 * merges.length);
  merges.forEach((entry: unknown, rank) => {
    // Two forms are in use: ["a", "b"], and "a b" in older files.
    const pair: readonly unknown[] = typeof entry === 'string' ? entry.split(' ') : Array.isArray(entry) ? entry : [];
    const [first, second] = pair;
    if (pair.length !== 2 || typeof first !== 'string' || typeof second !== 'string') {
      throw invalid(`has as model.merges[${rank}]`, 'a pair of tokens', entry);
    }
    for (const [place, token] of [first, second, first + second].entries()) {
      const id = vocab.idOf(token);
      if (id < 0) throw invalid(`has in model.merges[${rank}]`, 'tokens of model.vocab only', token);
      ids[3 * rank + place] = id;
    }
  });
  return ids;
}

function normalises(normalizer: unknown): boolean {
  if (normalizer === null || normalizer === undefined) return false;
  const type = isRecord(normalizer) ? field(normalizer, 'type') : undefined;
  if (type === 'NFC') return true;
  const parts = isRecord(normalizer) && type === 'Sequence' ? field(normalizer, 'normalizers') : undefined;
  if (Array.isArray(parts)) return parts.map(normalises).includes(true);
  throw unsupported('normalizer', 'NFC', type ?? normalizer);
}

function invalid(where: string, expected: string, value: unknown): RerankitError {
  const text = `tokenizer.json ${where} ${show(value)} where ${expected} is needed: the file is damaged; download it again.`;
  return new RerankitError('MODEL_INVALID', text);
}

function unsupported(name: string, expected: string, value: unknown): RerankitError {
  const text = `tokenizer.json has ${show(value)} as ${name}; only ${expected}, as in Qwen3-Reranker, is supported.`;
  return new RerankitError('MODEL_UNSUPPORTED', text);
}
