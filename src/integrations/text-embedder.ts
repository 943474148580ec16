import type { EmbedQueryOptions } from '../embedding/types.ts';
import { RerankitError, show } from '../errors.ts';
import { finite, integer, type Rules, string } from '../option-rules.ts';
import type { Usage } from '../types.ts';

/** What all calls through an adapter have in common. */
export type EmbeddingOptions = Pick<EmbedQueryOptions, 'instruction' | 'dimensions' | 'priority'>;

export const EMBEDDING_RULES: Rules<EmbeddingOptions> = {
  instruction: string,
  dimensions: integer(1),
  priority: finite,
};

/** What an adapter needs of an embedder: `Embedder` has it, and so may a stand-in. The adapter never disposes of it. */
export interface TextEmbedder {
  /** What was loaded, where that is known. */
  readonly info?: { readonly model: string };
  /** Embeds as `Embedder.embedQuery` does. */
  embedQuery(query: string, options: EmbedQueryOptions): Promise<EmbeddedQuery>;
  /** Embeds as `Embedder.embedDocuments` does. */
  embedDocuments(documents: readonly string[], options: EmbedTextsOptions): Promise<EmbeddedDocuments>;
}

/** What an adapter asks with. */
export type EmbedTextsOptions = Omit<EmbedQueryOptions, 'instruction'>;

/** What an adapter reads of a query's vector. */
export interface EmbeddedQuery {
  readonly embedding: Float32Array;
  readonly truncated?: boolean;
  readonly usage?: Usage;
}

/** What an adapter reads of documents' vectors. */
export interface EmbeddedDocuments {
  readonly embeddings: readonly Float32Array[];
  readonly truncated?: readonly boolean[];
  readonly usage?: Usage;
}

/** Throws `INVALID_INPUT` unless `embedder` can embed: it may be a promise of one. */
export function checkEmbedder(adapter: string, embedder: unknown): void {
  if (typeof embedder === 'object' && embedder !== null && 'embedQuery' in embedder && 'embedDocuments' in embedder)
    return;
  throw new RerankitError(
    'INVALID_INPUT',
    `${adapter} needs a loaded embedder, as \`await Embedder.load(…)\` gives, not ${show(embedder)}.`,
  );
}
