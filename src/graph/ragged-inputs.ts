import type { GraphBuilder } from './builder.ts';
import { ElementType } from './onnx-proto.ts';

/** Names of the inputs that describe a run besides the attention's groups; see `pack.ts` for who fills them. */
export const INPUT = {
  /** int32 [T]: the packed tokens. */
  ids: 'input_ids',
  /** int32 [T]: each token's position in its own sequence. */
  positions: 'positions',
  /** int32 [N]: the packed token whose state is scored, for each row. */
  last: 'last_index',
  /** float32 [1, hidden size]: what the last hidden state is multiplied with. */
  head: 'head',
} as const;

/**
 * Names of the inputs of one family of attention groups. A group is a rectangle: `B` blocks of `S` queries (left-padded)
 * over `K` keys (right-padded). The groups' index lists lie one after the other in flat inputs:
 *
 * | input | type | meaning |
 * | --- | --- | --- |
 * | `queryIndex` | int32 [sum B*S] | token of each query; padding repeats any token |
 * | `querySizes` | int64 [G] | B*S of each group |
 * | `queryShapes` | int64 [G, 2] | B, S |
 * | `keyIndex`, `keySizes`, `keyShapes` | as above | the same for the keys, with K |
 * | `keyLengths` | int64 [sum B] | keys that are not padding, for each block |
 * | `blocks` | int64 [G] | B of each group |
 * | `order` | int32 [out] | where each output token lies in the concatenation of all the groups' rectangles |
 */
export interface GroupInputs {
  readonly queryIndex: string;
  readonly querySizes: string;
  readonly queryShapes: string;
  readonly keyIndex: string;
  readonly keySizes: string;
  readonly keyShapes: string;
  readonly keyLengths: string;
  readonly blocks: string;
  readonly order: string;
}

/** Every token attends: all layers but the last. */
export const ALL_TOKENS = groupInputs('all');
/** Only the scored tokens attend: the last layer. Query indices count rows, not packed tokens. */
export const LAST_TOKENS = groupInputs('last');

function groupInputs(family: string): GroupInputs {
  return {
    queryIndex: `${family}_query_index`,
    querySizes: `${family}_query_sizes`,
    queryShapes: `${family}_query_shapes`,
    keyIndex: `${family}_key_index`,
    keySizes: `${family}_key_sizes`,
    keyShapes: `${family}_key_shapes`,
    keyLengths: `${family}_key_lengths`,
    blocks: `${family}_blocks`,
    order: `${family}_order`,
  };
}

/** The groups of one family, as sequences that a loop takes apart. Made once a run, used by every layer. */
export interface Groups {
  readonly queries: string;
  readonly queryShapes: string;
  readonly keys: string;
  readonly keyShapes: string;
  readonly keyLengths: string;
  readonly order: string;
  /** How many groups there are, an int64 scalar. */
  readonly count: string;
}

/** Declares a family's inputs and splits the flat lists. `out` is what the graph calls the number of tokens that attend. */
export function declareGroups(graph: GraphBuilder, names: GroupInputs, out: string): Groups {
  const { INT32, INT64 } = ElementType;
  const split = (list: string, type: typeof INT32 | typeof INT64, sizes: string) =>
    graph.node('SplitToSequence', [graph.input(list, type, [list]), sizes], { axis: 0 });
  const querySizes = graph.input(names.querySizes, INT64, ['groups']);
  return {
    queries: split(names.queryIndex, INT32, querySizes),
    queryShapes: graph.input(names.queryShapes, INT64, ['groups', 2]),
    keys: split(names.keyIndex, INT32, graph.input(names.keySizes, INT64, ['groups'])),
    keyShapes: graph.input(names.keyShapes, INT64, ['groups', 2]),
    keyLengths: split(names.keyLengths, INT64, graph.input(names.blocks, INT64, ['groups'])),
    order: graph.input(names.order, INT32, [out]),
    count: graph.node('Size', [querySizes]),
  };
}
