import { RerankitError, show } from '../../errors.ts';
import { oneOf, read, string } from '../../option-rules.ts';
import { ADAPTER_RULES, type AdapterOptions, CALL_RULES } from '../adapter-options.ts';
import { checkRanker, type Ranker } from '../ranker.ts';
import type { RerankingModel, SpecificationVersion } from './types.ts';
import { AS_JSON, NO_HEADERS, truncationOf } from './warnings.ts';

/** How to make a reranking model. */
export interface RerankingModelOptions<D, Version extends SpecificationVersion> extends AdapterOptions<D> {
  /** @default 'v4', for `ai` 7; `ai` 6 takes only 'v3' */
  readonly specificationVersion?: Version | undefined;
  /** The model's name in the AI SDK. @default that of the reranker */
  readonly modelId?: string | undefined;
}

/** An object as document: JSON. */
export type JsonDocument = Readonly<Record<string, unknown>>;

/**
 * A model for the `rerank` of the AI SDK. Texts are ranked as they are, objects as JSON or by what the option `text` gives;
 * `providerOptions: { rerankit: { instruction, minScore, priority } }` set these for a call. Throws `INVALID_OPTION`.
 */
export function rerankingModel<D extends object = JsonDocument, Version extends SpecificationVersion = 'v4'>(
  reranker: Ranker,
  options: RerankingModelOptions<D, Version> = {},
): RerankingModel<Version> {
  const rules = { ...ADAPTER_RULES, specificationVersion: oneOf(['v3', 'v4']), modelId: string };
  const { specificationVersion, modelId, text, ...own } = read<typeof options>('rerankingModel', rules, options);
  checkRanker('rerankingModel', reranker);
  // A plain object with closures: `ai` 7 wraps models of specification 3 in a Proxy, where private members would fail.
  return {
    // The default of the option and that of its type are the same.
    specificationVersion: specificationVersion ?? ('v4' as Version),
    provider: 'rerankit',
    modelId: modelId ?? reranker.info?.model ?? 'rerankit',
    async doRerank({ documents: { type, values }, query, topN = own.topN, abortSignal, providerOptions, headers }) {
      const call = read('providerOptions.rerankit', CALL_RULES, providerOptions?.['rerankit'] ?? {});
      const textOf = text ?? jsonOf;
      const { results, usage } = await reranker.rerank(query, values, {
        ...own,
        ...call,
        topN,
        signal: abortSignal,
        // What the AI SDK hands over as text is text, and is refused by the reranker if it is not.
        text: (value) => (type === 'text' ? (value as string) : textOf(value as D)),
      });
      return {
        ranking: results.map(({ index, score }) => ({ index, relevanceScore: score })),
        ...(usage && { providerMetadata: { rerankit: { ...usage } } }),
        warnings: [
          ...(type === 'object' && text === undefined ? [AS_JSON] : []),
          ...(headers && Object.keys(headers).length > 0 ? [NO_HEADERS] : []),
          ...truncationOf(results),
        ],
      };
    },
  };
}

function jsonOf(document: object): string {
  try {
    return JSON.stringify(document);
  } catch (cause) {
    throw new RerankitError('INVALID_INPUT', `A document cannot be written as JSON: ${show(document)}.`, { cause });
  }
}
