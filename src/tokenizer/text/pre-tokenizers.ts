import { field } from '../json.ts';
import { flag, type Part, partsOf } from './parts.ts';
import { invalid, unsupported } from './problems.ts';

/** A stretch of text that is cut into words. */
export interface Stretch {
  readonly text: string;
  /** Whether a word begins with it, and not the rest of one whose beginning was cut off. */
  readonly fresh: boolean;
  /** Whether the whole text begins with it. */
  readonly first: boolean;
}

export type PreTokenizer = (stretch: Stretch) => readonly Stretch[];

export interface PreTokenizing {
  readonly split: PreTokenizer;
  /** Whether words never reach over white space, so that a text can be read part by part. */
  readonly parted: boolean;
  /** Whether the words are spelled in bytes. */
  readonly bytes: boolean;
}

/**
 * What the `pre_tokenizer` of a tokenizer.json does.
 * Throws `MODEL_UNSUPPORTED` for steps that no cross-encoder's tokenizer has, `MODEL_INVALID` for damaged ones.
 */
export function preTokenizerOf(json: unknown): PreTokenizing {
  const parts = partsOf(json, 'pre_tokenizer', 'pretokenizers');
  const steps = parts.map(stepOf);
  const whole = (part: Part): boolean => part.type === 'Metaspace' && !flag(part, 'split', true);
  return {
    split: (stretch) => steps.reduce<readonly Stretch[]>((list, step) => list.flatMap(step), [stretch]),
    parted: parts.length > 0 && !parts.every(whole),
    bytes: parts.some(({ type }) => type === 'ByteLevel'),
  };
}

const WORD = /\P{White_Space}+/gu;
const PUNCTUATION = /[!-/:-@[-`{-~]|\p{P}/u;
const WORD_OR_PUNCTUATION = /[!-/:-@[-`{-~]|\p{P}|[^!-/:-@[-`{-~\p{P}]+/gu;
/** GPT-2's pattern, with the white space of Unicode in place of JavaScript's. */
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function stepOf(part: Part): PreTokenizer {
  switch (part.type) {
    case 'BertPreTokenizer':
      return (stretch) => matches(stretch, WORD).flatMap((word) => matches(word, WORD_OR_PUNCTUATION));
    case 'WhitespaceSplit':
      return (stretch) => matches(stretch, WORD);
    case 'Punctuation':
      return punctuation(part);
    case 'Metaspace':
      return metaspace(part);
    case 'ByteLevel': {
      const [prefix, regex] = [flag(part, 'add_prefix_space', true), flag(part, 'use_regex', true)];
      if (!regex) throw unsupported('use_regex of ByteLevel', regex, 'only true is');
      return (stretch) => matches(prefix ? prefixed(stretch, ' ') : stretch, GPT2);
    }
    default:
      throw unsupported(
        'a pre_tokenizer',
        part.type,
        'those of BERT, RoBERTa, XLM-RoBERTa, DeBERTa and ModernBERT are',
      );
  }
}

function punctuation(part: Part): PreTokenizer {
  const behavior = field(part.json, 'behavior') ?? 'Isolated';
  if (behavior !== 'Isolated') throw unsupported('behavior of Punctuation', behavior, 'only Isolated is');
  return (stretch) => (PUNCTUATION.test(stretch.text) ? matches(stretch, WORD_OR_PUNCTUATION) : [stretch]);
}

/** Spaces become visible, and words begin with them. */
function metaspace(part: Part): PreTokenizer {
  const mark = field(part.json, 'replacement') ?? '\u2581';
  if (typeof mark !== 'string' || [...mark].length !== 1) throw invalid('replacement', 'one character', mark);
  const scheme = field(part.json, 'prepend_scheme') ?? (flag(part, 'add_prefix_space', true) ? 'always' : 'never');
  if (scheme !== 'always' && scheme !== 'first' && scheme !== 'never') {
    throw invalid('prepend_scheme', "'always', 'first' or 'never'", scheme);
  }
  const split = flag(part, 'split', true);
  return (stretch) => {
    const marked = { ...stretch, text: stretch.text.replaceAll(' ', mark) };
    const begins = scheme === 'always' || (scheme === 'first' && stretch.first);
    const whole = begins ? prefixed(marked, mark) : marked;
    return split ? beforeEach(whole, mark) : [whole];
  };
}

function prefixed(stretch: Stretch, prefix: string): Stretch {
  if (!stretch.fresh || stretch.text === '' || stretch.text.startsWith(prefix)) return stretch;
  return { ...stretch, text: prefix + stretch.text };
}

function beforeEach(stretch: Stretch, mark: string): Stretch[] {
  const pieces: Stretch[] = [];
  for (let start = 0; start < stretch.text.length; ) {
    const next = stretch.text.indexOf(mark, start + mark.length);
    const end = next < 0 ? stretch.text.length : next;
    pieces.push(at(stretch, start, stretch.text.slice(start, end)));
    start = end;
  }
  return pieces;
}

function matches(stretch: Stretch, pattern: RegExp): Stretch[] {
  return Array.from(stretch.text.matchAll(pattern), (match) => at(stretch, match.index, match[0]));
}

/** Only what stands at the beginning of a stretch can lack its own beginning. */
function at(stretch: Stretch, index: number, text: string): Stretch {
  return index === 0 ? { ...stretch, text } : { text, fresh: true, first: false };
}
