import { BYTE_CHARACTERS } from '../byte-alphabet.ts';
import { BytePairEncoder } from '../byte-pair.ts';
import { mergesOf, vocabOf } from '../definition.ts';
import { field, isRecord, isTokenId, type JsonRecord } from '../json.ts';
import { invalid, unsupported } from './problems.ts';
import { Unigram } from './unigram.ts';
import type { WordModel } from './word-model.ts';
import { WordPiece } from './word-piece.ts';

/** A vocabulary with the model that uses it. */
export interface VocabularyModel {
  /** Ids by token, control tokens included. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Whether its words are spelled in bytes. */
  readonly bytes: boolean;
  /** The model, in which text never becomes one of the tokens named. */
  build(control: ReadonlySet<string>): WordModel;
}

/** What the `model` of a tokenizer.json is. Throws `MODEL_UNSUPPORTED` and `MODEL_INVALID`. */
export function modelOf(json: unknown): VocabularyModel {
  if (!isRecord(json)) throw invalid('"model"', 'an object', json);
  // Files of old versions leave the type out.
  const guess = Array.isArray(field(json, 'vocab')) ? 'Unigram' : Object.hasOwn(json, 'merges') ? 'BPE' : 'WordPiece';
  const type = field(json, 'type') ?? guess;
  if (type === 'WordPiece') return wordPiece(json);
  if (type === 'Unigram') return unigram(json);
  if (type === 'BPE') return bytePair(json);
  throw unsupported('model.type', type, 'WordPiece, Unigram and BPE are');
}

function wordPiece(json: JsonRecord): VocabularyModel {
  const vocab = idsOf(field(json, 'vocab'));
  const unknown = field(json, 'unk_token') ?? '[UNK]';
  const unknownId = typeof unknown === 'string' ? vocab.get(unknown) : undefined;
  if (unknownId === undefined) throw invalid('model.unk_token', 'a token of model.vocab', unknown);
  const prefix = field(json, 'continuing_subword_prefix') ?? '##';
  if (typeof prefix !== 'string') throw invalid('model.continuing_subword_prefix', 'a string', prefix);
  const maxCharacters = field(json, 'max_input_chars_per_word') ?? 100;
  // What it takes to cut a word grows with the square of its length.
  if (typeof maxCharacters !== 'number' || !(maxCharacters >= 1 && maxCharacters <= 1_000)) {
    throw invalid('model.max_input_chars_per_word', 'an integer from 1 to 1000', maxCharacters);
  }
  return {
    vocab,
    bytes: false,
    build: (control) => new WordPiece({ vocab: without(vocab, control), unknownId, prefix, maxCharacters }),
  };
}

function unigram(json: JsonRecord): VocabularyModel {
  const list = field(json, 'vocab');
  if (!Array.isArray(list) || list.length === 0) throw invalid('model.vocab', 'a list of pieces', list);
  const vocab = new Map<string, number>();
  const scores = new Float64Array(list.length);
  for (const [id, entry] of list.entries()) {
    const [piece, score]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof piece !== 'string' || typeof score !== 'number') {
      throw invalid(`model.vocab[${id}]`, 'a piece and its score', entry);
    }
    vocab.set(piece, id);
    scores[id] = score;
  }
  const unknownId = field(json, 'unk_id');
  if (!isTokenId(unknownId) || unknownId >= list.length) throw invalid('model.unk_id', 'the id of a piece', unknownId);
  const byteNames = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const byteIds = byteNames.flatMap((name) => vocab.get(name) ?? []);
  const spelled = field(json, 'byte_fallback') === true && byteIds.length === 256;
  return {
    vocab,
    bytes: false,
    build: (control) =>
      new Unigram({ pieces: without(vocab, control), scores, unknownId, byteIds: spelled ? byteIds : undefined }),
  };
}

function bytePair(json: JsonRecord): VocabularyModel {
  for (const name of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    const value = field(json, name);
    if (value !== undefined && value !== null && value !== '' && value !== 0) {
      throw unsupported(`model.${name}`, value, 'only null is');
    }
  }
  const vocab = idsOf(field(json, 'vocab'));
  const missing = BYTE_CHARACTERS.find((character) => !vocab.has(character));
  if (missing !== undefined)
    throw unsupported('model.vocab', `a list without ${missing}`, 'byte-level vocabularies are');
  const merges = mergesOf(json, vocabOf(json));
  const whole = field(json, 'ignore_merges') === true;
  return {
    vocab,
    bytes: true,
    build: (control) => {
      const spelt = without(vocab, control);
      // A single byte may well be a control token's name; it is still a byte.
      for (const byte of BYTE_CHARACTERS) spelt.set(byte, vocab.get(byte) ?? 0);
      const spelling = vocabOf({ vocab: Object.fromEntries(spelt) });
      const encoder = new BytePairEncoder(spelling, merges, whole);
      return { largestId: spelling.largestId, encode: (word, out) => encoder.encode(word, out) };
    },
  };
}

function idsOf(json: unknown): ReadonlyMap<string, number> {
  if (!isRecord(json)) throw invalid('model.vocab', 'an object', json);
  const ids = new Map<string, number>();
  for (const [token, id] of Object.entries(json)) {
    if (!isTokenId(id)) throw invalid('the id of a token', 'an integer from 0 to 2^31 - 1', id);
    ids.set(token, id);
  }
  return ids;
}

function without(vocab: ReadonlyMap<string, number>, control: ReadonlySet<string>): Map<string, number> {
  const rest = new Map(vocab);
  for (const token of control) rest.delete(token);
  return rest;
}
