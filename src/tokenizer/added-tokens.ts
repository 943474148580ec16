import { RerankitError, show } from '../errors.ts';
import { field, isRecord, isTokenId } from './json.ts';

/** A string that stands for one id in templates. */
export interface AddedToken {
  readonly id: number;
  /** Whether it takes up white space or asks for a word boundary around it. */
  readonly touchesNeighbours: boolean;
  /** Whether it is a control token. */
  readonly special: boolean;
  /** Whether it is looked for in normalised text. */
  readonly normalized: boolean;
}

/**
 * Control tokens by their content, from `added_tokens` of tokenizer.json and from `added_tokens_decoder` of
 * tokenizer_config.json, which the reference reads as well.
 */
export function addedTokensOf(tokenizerJson: unknown, tokenizerConfig: unknown): ReadonlyMap<string, AddedToken> {
  const tokens = new Map<string, AddedToken>();
  const list = isRecord(tokenizerJson) ? (field(tokenizerJson, 'added_tokens') ?? []) : [];
  if (!Array.isArray(list)) throw invalid('tokenizer.json', 'added_tokens', list);
  list.forEach((token: unknown, index) => {
    add(tokens, token, isRecord(token) ? field(token, 'id') : undefined, 'tokenizer.json', `added_tokens[${index}]`);
  });
  const decoder = isRecord(tokenizerConfig) ? (field(tokenizerConfig, 'added_tokens_decoder') ?? {}) : {};
  if (!isRecord(decoder)) throw invalid('tokenizer_config.json', 'added_tokens_decoder', decoder);
  for (const [id, token] of Object.entries(decoder)) {
    add(tokens, token, Number(id), 'tokenizer_config.json', `added_tokens_decoder[${show(id)}]`);
  }
  return tokens;
}

function add(tokens: Map<string, AddedToken>, token: unknown, id: unknown, file: string, where: string): void {
  const content = isRecord(token) ? field(token, 'content') : undefined;
  if (!isRecord(token) || typeof content !== 'string' || content === '' || !isTokenId(id)) {
    throw invalid(file, where, token);
  }
  const known = tokens.get(content);
  if (known !== undefined && known.id !== id) {
    const text = `${file} gives the token ${show(content)} the id ${id}, and elsewhere ${known.id}: the files do not belong together.`;
    throw new RerankitError('MODEL_INVALID', text);
  }
  const touchesNeighbours = ['lstrip', 'rstrip', 'single_word'].some((name) => field(token, name) === true);
  const special = field(token, 'special') === true;
  tokens.set(content, { id, touchesNeighbours, special, normalized: field(token, 'normalized') !== false && !special });
}

function invalid(file: string, where: string, value: unknown): RerankitError {
  const text = `${file} has ${show(value)} as ${where} where a token with its id is needed: the file is damaged; download it again.`;
  return new RerankitError('MODEL_INVALID', text);
}
