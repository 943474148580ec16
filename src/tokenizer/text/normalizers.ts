import { field, isRecord } from '../json.ts';
import { bertNormalizer } from './bert-normalizer.ts';
import { CharacterMap } from './character-map.ts';
import { flag, type Part, partsOf } from './parts.ts';
import { invalid, unsupported } from './problems.ts';
import { lowercase, normalizeForm } from './unicode-forms.ts';

/** Where a piece of a text stands in it. */
export interface Place {
  readonly start: boolean;
  readonly end: boolean;
}

export type Normalizer = (text: string, place: Place) => string;

/**
 * What the `normalizer` of a tokenizer.json does.
 * Throws `MODEL_UNSUPPORTED` for steps that no cross-encoder's tokenizer has, `MODEL_INVALID` for damaged ones.
 */
export function normalizerOf(json: unknown): Normalizer {
  const steps = partsOf(json, 'normalizer', 'normalizers').map(stepOf);
  return (text, place) => steps.reduce((result, step) => step(result, place), text);
}

function stepOf(part: Part): Normalizer {
  const { type, json } = part;
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => normalizeForm(text, type);
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '');
    case 'BertNormalizer': {
      const lower = flag(part, 'lowercase', true);
      return bertNormalizer({
        cleanText: flag(part, 'clean_text', true),
        handleChineseCharacters: flag(part, 'handle_chinese_chars', true),
        stripAccents: flag(part, 'strip_accents', lower),
        lowercase: lower,
      });
    }
    case 'Precompiled': {
      const map = new CharacterMap(field(json, 'precompiled_charsmap'));
      return (text) => map.map(text);
    }
    case 'Strip': {
      const [left, right] = [flag(part, 'strip_left', true), flag(part, 'strip_right', true)];
      return (text, { start, end }) => {
        const begun = left && start ? text.replace(/^\p{White_Space}+/u, '') : text;
        return right && end ? trimEnd(begun) : begun;
      };
    }
    case 'Replace':
      return replacement(part);
    default:
      throw unsupported('a normalizer', type, 'those of BERT, RoBERTa, XLM-RoBERTa, DeBERTa and ModernBERT are');
  }
}

/** Regular expressions of others are not run: they may take exponential time. These are the ones in use. */
const KNOWN_PATTERNS: Readonly<Record<string, RegExp>> = { ' {2,}': / {2,}/g, '\\s+': /\p{White_Space}+/gu };

function replacement({ json }: Part): Normalizer {
  const [pattern, content] = [field(json, 'pattern'), field(json, 'content')];
  if (!isRecord(pattern) || typeof content !== 'string') throw invalid('a Replace', 'a pattern and its content', json);
  const plain = field(pattern, 'String');
  if (typeof plain === 'string' && plain !== '') return (text) => text.replaceAll(plain, () => content);
  const regex = field(pattern, 'Regex');
  const known = typeof regex === 'string' && Object.hasOwn(KNOWN_PATTERNS, regex) ? KNOWN_PATTERNS[regex] : undefined;
  if (known === undefined) {
    throw unsupported('the pattern of a Replace', regex, `${Object.keys(KNOWN_PATTERNS).join(' and ')} are`);
  }
  return (text) => text.replace(known, () => content);
}

/** By hand: a pattern that ends in `$` is tried at every run of white space, which takes quadratic time. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
