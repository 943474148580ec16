import { RerankitError, show } from '../errors.ts';
import { type AdapterOptions, readAdapterOptions } from './adapter-options.ts';
import { checkRanker, type Ranker } from './ranker.ts';

export type { AdapterOptions } from './adapter-options.ts';
export type { Ranked, Ranker, Ranking } from './ranker.ts';

/** What is read of a LlamaIndex node. */
export interface LlamaIndexNode {
  readonly metadata: object;
  /** The text, without metadata for `'NONE'`. */
  getContent(metadataMode?: string): string;
}

/** A node, and its score if it has one. */
export interface NodeWithScore<N extends LlamaIndexNode = LlamaIndexNode> {
  readonly node: N;
  readonly score?: number | undefined;
}

/** A query: text, or parts of a message, of which those with text are read. */
export type NodeQuery = string | readonly { readonly type: string; readonly text?: unknown }[];

/** LlamaIndex's `BaseNodePostprocessor`. */
export interface NodePostprocessor<N extends LlamaIndexNode = LlamaIndexNode> {
  /**
   * The relevant nodes, best first: new objects around the same nodes, whose `score` is a probability from 0 to 1.
   * Rejects as `Reranker.rerank` does, and with `INVALID_INPUT` if there is no query with text.
   */
  postprocessNodes<Own extends NodeWithScore<N>>(
    nodes: readonly Own[],
    query?: NodeQuery,
  ): Promise<(Own & { score: number })[]>;
}

/**
 * A node postprocessor for LlamaIndex. It ranks by the node's content without its metadata, or by what the option `text`
 * gives. Throws `INVALID_OPTION`.
 */
export function nodePostprocessor<N extends LlamaIndexNode = LlamaIndexNode>(
  reranker: Ranker,
  options: AdapterOptions<N> = {},
): NodePostprocessor<N> {
  const { text = (node) => node.getContent('NONE'), ...own } = readAdapterOptions<N>('nodePostprocessor', options);
  checkRanker('nodePostprocessor', reranker);
  return {
    async postprocessNodes(nodes, query) {
      const { results } = await reranker.rerank(textOf(query), nodes, { ...own, text: ({ node }) => text(node) });
      return results.map(({ document, score }) => ({ ...document, score }));
    },
  };
}

function textOf(query: NodeQuery | undefined): string {
  if (typeof query === 'string') return query;
  const parts = Array.isArray(query) ? query : [];
  const texts = parts.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : []));
  if (texts.length > 0) return texts.join('\n\n');
  throw new RerankitError(
    'INVALID_INPUT',
    `postprocessNodes needs a query to rank by, a string or message parts with text, not ${show(query)}.`,
  );
}
