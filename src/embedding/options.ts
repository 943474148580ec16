import { RerankitError, show } from '../errors.ts';
import { COMPILE_RULES, checkNetworkOptions, NETWORK_RULES } from '../network-options.ts';
import { callback, finite, integer, oneOf, type Rules, read, signal, string } from '../option-rules.ts';
import type {
  EmbedDocumentsOptions,
  EmbedderCompileOptions,
  EmbedderOptions,
  EmbedOptions,
  EmbedQueryOptions,
} from './types.ts';

const POOLING_RULES = { pooling: oneOf(['last-token']) };

const LOAD_RULES: Rules<EmbedderOptions> = {
  ...NETWORK_RULES,
  ...POOLING_RULES,
  instruction: string,
  dimensions: integer(1),
};

const COMPILE: Rules<EmbedderCompileOptions> = { ...COMPILE_RULES, ...POOLING_RULES };

const EMBED_RULES: Rules<EmbedOptions> = { dimensions: integer(1), signal, priority: finite };

const QUERY_RULES: Rules<EmbedQueryOptions> = { ...EMBED_RULES, instruction: string };

const DOCUMENTS_RULES: Rules<EmbedDocumentsOptions<never>> = { ...EMBED_RULES, text: callback, onProgress: callback };

/** The options of `Embedder.load`, read once and checked. Throws `INVALID_OPTION`. */
export function readEmbedderOptions(options: EmbedderOptions): EmbedderOptions {
  return checkNetworkOptions('Embedder.load', read('Embedder.load', LOAD_RULES, options));
}

/** The same for `compile`. */
export function readCompileOptions(options: EmbedderCompileOptions): EmbedderCompileOptions {
  return read('compile', COMPILE, options);
}

/** The same for `embedQuery`. */
export function readQueryOptions(options: EmbedQueryOptions): EmbedQueryOptions {
  return read('embedQuery', QUERY_RULES, options);
}

/** The same for `embedDocuments`. */
export function readDocumentsOptions<D>(options: EmbedDocumentsOptions<D>): EmbedDocumentsOptions<D> {
  return read<EmbedDocumentsOptions<D>>('embedDocuments', DOCUMENTS_RULES, options);
}

/** Throws `INVALID_OPTION` where no model is named. */
export function checkModel(call: string, model: unknown): void {
  if (model !== undefined) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `${call} needs a model, such as "Qwen/Qwen3-Embedding-0.6B": no embedding model is built in.`,
  );
}

/** Throws `INVALID_OPTION` for more dimensions than a model has. */
export function checkDimensions(call: string, dimensions: number, most: number): void {
  if (dimensions <= most) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option dimensions of ${call} is ${show(dimensions)}, but the model's vectors have ${most}.`,
  );
}
