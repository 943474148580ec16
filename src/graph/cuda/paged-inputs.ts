import type { GraphBuilder } from '../builder.ts';
import { ElementType } from '../onnx-proto.ts';

/**
 * Names of the inputs of the paged graph. Attention sees sequences of its own making: `A` attention tokens, each a copy of
 * a packed token, in `B` sequences, whose keys and values lie in pages of a cache that lives for one run.
 *
 * | input | type | meaning |
 * | --- | --- | --- |
 * | `ids` | int32 [T] | the packed tokens |
 * | `tokens` | int32 [A] | the packed token of each attention token |
 * | `order` | int32 [T] | the attention token whose result is each packed token's |
 * | `starts` | int32 [B+1] | where each sequence begins among the attention tokens, and the end |
 * | `past` | int32 [B] | tokens of each sequence that lie in pages which another sequence fills |
 * | `pages` | int32 [B, P] | the pages of each sequence |
 * | `cacheShape` | int64 [4] | pages, tokens of a page, key heads, head size |
 * | `bounds` | int32 [3] | most attention tokens of a sequence; most keys of one, twice: the bound is exact |
 * | `last` | int32 [N] | the packed token whose state is scored, for each row |
 */
export const PAGED = {
  ids: 'input_ids',
  tokens: 'attention_tokens',
  order: 'output_order',
  starts: 'sequence_starts',
  past: 'past_lengths',
  pages: 'page_table',
  cacheShape: 'cache_shape',
  bounds: 'length_bounds',
  last: 'last_index',
} as const;

export type PagedInputs = Readonly<Record<keyof typeof PAGED, string>>;

export function declarePagedInputs(graph: GraphBuilder): PagedInputs {
  const { INT32, INT64 } = ElementType;
  return {
    ids: graph.input(PAGED.ids, INT32, ['tokens']),
    tokens: graph.input(PAGED.tokens, INT32, ['attention_tokens']),
    order: graph.input(PAGED.order, INT32, ['tokens']),
    starts: graph.input(PAGED.starts, INT32, ['starts']),
    past: graph.input(PAGED.past, INT32, ['sequences']),
    pages: graph.input(PAGED.pages, INT32, ['sequences', 'pages']),
    cacheShape: graph.input(PAGED.cacheShape, INT64, [4]),
    bounds: graph.input(PAGED.bounds, INT32, [3]),
    last: graph.input(PAGED.last, INT32, ['rows']),
  };
}

/** Tokens of a page: the least that the Flash kernel takes, which reads tiles that must not cross pages. */
export function pageSize(headDim: number): number {
  if (headDim <= 64) return 256;
  return headDim <= 128 ? 128 : 64;
}
