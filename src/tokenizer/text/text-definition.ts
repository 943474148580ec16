import { addedTokensOf } from '../added-tokens.ts';
import { field, isRecord } from '../json.ts';
import { modelOf } from './models.ts';
import { type Normalizer, normalizerOf } from './normalizers.ts';
import { type PairTemplate, pairTemplateOf } from './pair-template.ts';
import { checkPlain, PlainTokens } from './plain-tokens.ts';
import { type PreTokenizing, preTokenizerOf } from './pre-tokenizers.ts';
import { invalid, unsupported } from './problems.ts';
import type { WordModel } from './word-model.ts';

/** What the tokenizer.json of a cross-encoder says, checked. */
export interface TextDefinition {
  readonly normalize: Normalizer;
  readonly preTokenizing: PreTokenizing;
  readonly model: WordModel;
  /** Tokens that text may become: looked for before and after it is normalised. */
  readonly rawTokens: PlainTokens;
  readonly normalizedTokens: PlainTokens;
  /** Whether no token and no word reaches over white space. */
  readonly parted: boolean;
  readonly template: PairTemplate;
  /** The id of the tokenizer's own padding token. */
  readonly padId: number | undefined;
  /** The largest id that a pair can hold. */
  readonly largestId: number;
}

/** Where a tokenizer_config.json names control tokens. */
const NAMED = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/**
 * Checks the parsed tokenizer.json and tokenizer_config.json of a cross-encoder. Both are untrusted.
 * Throws `MODEL_INVALID` for damaged files, `MODEL_UNSUPPORTED` for tokenizers of other kinds than those of BERT, RoBERTa,
 * XLM-RoBERTa, DeBERTa and ModernBERT.
 */
export function parseTextTokenizer(tokenizerJson: unknown, tokenizerConfig: unknown): TextDefinition {
  if (!isRecord(tokenizerJson)) throw invalid('its content', 'an object', tokenizerJson);
  const template = pairTemplateOf(field(tokenizerJson, 'post_processor'));
  const normalize = normalizerOf(field(tokenizerJson, 'normalizer'));
  const preTokenizing = preTokenizerOf(field(tokenizerJson, 'pre_tokenizer'));
  const vocabulary = modelOf(field(tokenizerJson, 'model'));
  if (vocabulary.bytes !== preTokenizing.bytes) {
    throw unsupported('pre_tokenizer', 'ByteLevel or none', 'BPE goes with ByteLevel, and no other model does');
  }
  const added = addedTokensOf(tokenizerJson, tokenizerConfig);
  const named = NAMED.flatMap((name) => namedToken(tokenizerConfig, name) ?? []);
  const control = new Set([...named, ...template.tokens]);
  for (const [content, token] of added) if (token.special) control.add(content);
  const plain = [...added].filter(([content]) => !control.has(content));
  for (const [content, { touchesNeighbours }] of plain) checkPlain(content, touchesNeighbours);
  const raw = plain.filter(([, { normalized }]) => !normalized).map(([content, { id }]) => ({ content, id }));
  const normalized = plain
    .filter(([, token]) => token.normalized)
    .map(([content, { id }]) => ({ content: normalize(content, { start: true, end: true }), id }));
  const model = vocabulary.build(control);
  const ids = [...template.before, ...template.between, ...template.after, ...plain.map(([, { id }]) => id)];
  const pad = namedToken(tokenizerConfig, 'pad_token');
  return {
    normalize,
    preTokenizing,
    model,
    rawTokens: new PlainTokens(raw),
    normalizedTokens: new PlainTokens(normalized),
    parted: preTokenizing.parted && [...raw, ...normalized].every(({ content }) => !/\S\s/.test(content)),
    template,
    padId: pad === undefined ? undefined : (added.get(pad)?.id ?? vocabulary.vocab.get(pad)),
    largestId: Math.max(model.largestId, ...ids),
  };
}

/** Named by its content, or by an object with its content. */
function namedToken(config: unknown, name: string): string | undefined {
  const value = isRecord(config) ? field(config, name) : undefined;
  const content = isRecord(value) ? field(value, 'content') : value;
  return typeof content === 'string' ? content : undefined;
}
