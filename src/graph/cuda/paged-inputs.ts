import type { GraphBuilder } from '../builder.ts';
import { ElementType } from '../onnx-proto.ts';

/**
 * Names of the inputs of the paged graph. Each prefix and each row is a sequence of the attention, in packed order. The
 * keys and values that it sees, those of its prefix included, lie in pages, which are gathered anew in every layer.
 *
 * | input | type | meaning |
 * | --- | --- | --- |
 * | `ids` | int32 [T] | the packed tokens |
 * | `positions` | int32 [T] | each token's position in its own prompt |
 * | `starts` | int32 [S+1] | where each sequence begins among the packed tokens, and the end |
 * | `past` | int32 [S] | the length of each sequence's prefix; 0 for a prefix |
 * | `pages` | int32 [S, P] | the pages of each sequence; what is left over is never read |
 * | `slots` | int32 [pages * size] | the packed token whose key and value each place of a page holds |
 * | `cacheShape` | int64 [4] | pages, places of a page, key heads, head size |
 * | `writes` | int32 [T] | -1 for all tokens: attention is to write no keys, since the pages hold them |
 * | `bounds` | int32 [2] | most tokens of a sequence; most keys of one |
 * | `last` | int32 [N] | the packed token whose state is scored, for each row |
 */
export const PAGED = {
  ids: 'input_ids',
  positions: 'positions',
  starts: 'sequence_starts',
  past: 'past_lengths',
  pages: 'page_table',
  slots: 'slot_tokens',
  cacheShape: 'cache_shape',
  writes: 'slot_mapping',
  bounds: 'length_bounds',
  last: 'last_index',
} as const;

export type PagedInputs = Readonly<Record<keyof typeof PAGED, string>>;

export function declarePagedInputs(graph: GraphBuilder): PagedInputs {
  const { INT32, INT64 } = ElementType;
  return {
    ids: graph.input(PAGED.ids, INT32, ['tokens']),
    positions: graph.input(PAGED.positions, INT32, ['tokens']),
    starts: graph.input(PAGED.starts, INT32, ['starts']),
    past: graph.input(PAGED.past, INT32, ['sequences']),
    pages: graph.input(PAGED.pages, INT32, ['sequences', 'pages']),
    slots: graph.input(PAGED.slots, INT32, ['slots']),
    cacheShape: graph.input(PAGED.cacheShape, INT64, [4]),
    writes: graph.input(PAGED.writes, INT32, ['tokens']),
    bounds: graph.input(PAGED.bounds, INT32, [2]),
    last: graph.input(PAGED.last, INT32, ['rows']),
  };
}

/** Places of a page: the fewest that the Flash kernel takes, since none of its tiles may reach into another page. */
export function pageSize(headDim: number): number {
  if (headDim <= 64) return 256;
  return headDim <= 128 ? 128 : 64;
}
