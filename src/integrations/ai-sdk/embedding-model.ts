import { oneOf, type Rules, read, string } from '../../option-rules.ts';
import type { Usage } from '../../types.ts';
import { checkEmbedder, EMBEDDING_RULES, type EmbeddingOptions, type TextEmbedder } from '../text-embedder.ts';
import type { EmbeddingModel } from './embedding-types.ts';
import type { SpecificationVersion } from './types.ts';
import { NO_HEADERS, truncatedTexts } from './warnings.ts';

/** What a call may set for itself, in `providerOptions.rerankit`. */
export interface EmbeddingCallOptions extends EmbeddingOptions {
  /**
   * What the texts are: queries are embedded behind an instruction, documents as they are. The AI SDK itself does not tell
   * them apart.
   * @default 'document'
   */
  readonly inputType?: 'query' | 'document' | undefined;
}

/** How to make an embedding model. */
export interface EmbeddingModelOptions<Version extends SpecificationVersion> extends EmbeddingCallOptions {
  /** @default 'v4', for `ai` 7; `ai` 6 takes only 'v3' */
  readonly specificationVersion?: Version | undefined;
  /** The model's name in the AI SDK. @default that of the embedder */
  readonly modelId?: string | undefined;
}

const CALL_RULES: Rules<EmbeddingCallOptions> = { ...EMBEDDING_RULES, inputType: oneOf(['query', 'document']) };

/**
 * A model for `embed` and `embedMany` of the AI SDK. `providerOptions: { rerankit: { inputType: 'query' } }` says that the
 * texts of a call are queries; `instruction`, `dimensions` and `priority` may be set there, too. Throws `INVALID_OPTION`.
 */
export function embeddingModel<Version extends SpecificationVersion = 'v4'>(
  embedder: TextEmbedder,
  options: EmbeddingModelOptions<Version> = {},
): EmbeddingModel<Version> {
  const rules = { ...CALL_RULES, specificationVersion: oneOf(['v3', 'v4']), modelId: string };
  const { specificationVersion, modelId, ...own } = read<typeof options>('embeddingModel', rules, options);
  checkEmbedder('embeddingModel', embedder);
  // A plain object with closures: `ai` 7 wraps models of specification 3 in a Proxy, where private members would fail.
  return {
    // The default of the option and that of its type are the same.
    specificationVersion: specificationVersion ?? ('v4' as Version),
    provider: 'rerankit',
    modelId: modelId ?? embedder.info?.model ?? 'rerankit',
    maxEmbeddingsPerCall: undefined,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal, providerOptions, headers }) {
      const call = read('providerOptions.rerankit', CALL_RULES, providerOptions?.['rerankit'] ?? {});
      const { inputType = 'document', instruction, ...rest } = { ...own, ...call };
      const options = { ...rest, signal: abortSignal };
      const { embeddings, truncated, usage } =
        inputType === 'query'
          ? await embedQueries(embedder, values, { ...options, instruction })
          : await embedder.embedDocuments(values, options);
      return {
        embeddings: embeddings.map((vector) => Array.from(vector)),
        ...(usage && { usage: { tokens: usage.promptTokens }, providerMetadata: { rerankit: { ...usage } } }),
        warnings: [
          ...(headers && Object.keys(headers).length > 0 ? [NO_HEADERS] : []),
          ...truncatedTexts(truncated ?? []),
        ],
      };
    },
  };
}

/** One call a query: those that wait at the same time share runs. */
async function embedQueries(
  embedder: TextEmbedder,
  queries: readonly string[],
  options: Parameters<TextEmbedder['embedQuery']>[1],
): ReturnType<TextEmbedder['embedDocuments']> {
  const all = await Promise.all(queries.map((query) => embedder.embedQuery(query, options)));
  const usages = all.flatMap(({ usage }) => usage ?? []);
  return {
    embeddings: all.map(({ embedding }) => embedding),
    truncated: all.map(({ truncated }) => truncated === true),
    ...(usages.length === all.length && { usage: sumOf(usages) }),
  };
}

function sumOf(usages: readonly Usage[]): Usage {
  const sum = (part: keyof Usage) => usages.reduce((total, usage) => total + usage[part], 0);
  return {
    promptTokens: sum('promptTokens'),
    computedTokens: sum('computedTokens'),
    savedTokens: sum('savedTokens'),
  };
}
