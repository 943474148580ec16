import { readDocumentsOptions, readQueryOptions } from '../../src/embedding/options.ts';
import type { EmbedQueryOptions } from '../../src/embedding/types.ts';
import type { TextEmbedder } from '../../src/integrations/text-embedder.ts';

/** What a fake was asked. */
export interface EmbedCall {
  readonly kind: 'query' | 'documents';
  readonly texts: readonly string[];
  readonly options: EmbedQueryOptions;
}

/** Vectors of the kind and the text's length; checks its options as the library does, and remembers. */
export function fakeEmbedder(): TextEmbedder & { readonly calls: EmbedCall[] } {
  const calls: EmbedCall[] = [];
  const usage = { promptTokens: 5, computedTokens: 3, savedTokens: 2 };
  return {
    calls,
    info: { model: 'fake' },
    async embedQuery(query, options) {
      const own = readQueryOptions(options);
      calls.push({ kind: 'query', texts: [query], options: own });
      await new Promise(setImmediate);
      own.signal?.throwIfAborted();
      return { embedding: Float32Array.of(1, query.length), truncated: query.length > 50, usage };
    },
    async embedDocuments(documents, options) {
      const own = readDocumentsOptions(options);
      calls.push({ kind: 'documents', texts: [...documents], options: own });
      await new Promise(setImmediate);
      own.signal?.throwIfAborted();
      return {
        embeddings: documents.map((text) => Float32Array.of(0, text.length)),
        truncated: documents.map((text) => text.length > 50),
        usage,
      };
    },
  };
}
