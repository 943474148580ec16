import { RerankitError, show } from '../../errors.ts';
import { readJsonObject } from '../json-file.ts';
import type { ModelFiles } from '../model-files.ts';
import type { ExportConfig } from './export-config.ts';

const DEFAULT_MAX_LENGTH = 8192;
/** Of models whose files say nothing. */
const DEFAULT_POSITIONS = 512;

export interface ExportLengths {
  /** The longest sequence the model knows, in tokens. */
  readonly contextLength: number;
  /** The longest that is run. */
  readonly maxLength: number;
}

/**
 * How long sequences may be: what the model's files allow, and what is run unless the caller asks for another length.
 * Rejects with `INVALID_OPTION` for one that is more than the model knows.
 */
export async function lengthsOf(
  files: ModelFiles,
  config: ExportConfig,
  asked: number | undefined,
): Promise<ExportLengths> {
  const tokenizer = files.tokenizerConfig === undefined ? {} : await readJsonObject(files.tokenizerConfig);
  const said = tokenizer['model_max_length'];
  // Tokenizers without a limit have an astronomical one.
  const advised = typeof said === 'number' && said >= 1 && said < 2 ** 31 ? Math.floor(said) : undefined;
  const contextLength = config.maxPositions ?? advised ?? DEFAULT_POSITIONS;
  if (asked !== undefined && asked > contextLength) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option maxLength is ${show(asked)}, but ${files.id} knows no more than ${contextLength} positions.`,
    );
  }
  return { contextLength, maxLength: asked ?? Math.min(DEFAULT_MAX_LENGTH, contextLength, advised ?? contextLength) };
}

/**
 * Throws `MODEL_INVALID` unless the tokenizer's ids are those of the model: one beyond the embedding would fail only once a
 * text has it.
 */
export function checkVocabulary(files: ModelFiles, { vocabSize }: ExportConfig, largestId: number): void {
  if (vocabSize === undefined || largestId < vocabSize) return;
  throw new RerankitError(
    'MODEL_INVALID',
    `${files.tokenizer} has ids up to ${largestId}, but config.json says that vocab_size is ${vocabSize}: ` +
      'they belong to different models.',
  );
}
