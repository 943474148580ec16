import type { Qwen3Config } from '../model/config.ts';
import { GraphBuilder } from './builder.ts';
import { ElementType } from './onnx-proto.ts';
import type { Groups } from './ragged-inputs.ts';

/** The part of a config that attention depends on. */
export type AttentionShape = Pick<Qwen3Config, 'heads' | 'kvHeads' | 'headDim'>;

/**
 * Causal attention over packed tokens, one rectangle at a time: a `Loop` over the groups, so that memory is that of the
 * largest group however long the documents are, and a rectangle holds little but what its rows need.
 *
 * Left-padded queries and right-padded keys with `nonpad_kv_seqlen` need no mask: query `s` of `S` sees the keys up to
 * `s + length - S`, which is what causality asks of a block of queries at the end of its keys.
 *
 * `q` is [queries, heads * headDim], `k` and `v` are [T, kvHeads * headDim]; returns [out, heads * headDim].
 */
export function attend(graph: GraphBuilder, config: AttentionShape, groups: Groups, q: string, k: string, v: string) {
  const width = config.heads * config.headDim;
  const body = new GraphBuilder(`${q}_`);
  const { FLOAT, INT64, BOOL } = ElementType;
  const index = body.input('index', INT64, []);
  const going = body.input('going', BOOL, []);
  const done = body.input('done', FLOAT, undefined, true);
  const rectangle = (sequence: string, shapes: string) =>
    body.node('Reshape', [body.node('SequenceAt', [sequence, index]), body.node('Gather', [shapes, index])]);
  const keys = rectangle(groups.keys, groups.keyShapes);
  const context = body.node(
    'Attention',
    [
      body.node('Gather', [q, rectangle(groups.queries, groups.queryShapes)]),
      body.node('Gather', [k, keys]),
      body.node('Gather', [v, keys]),
      '',
      '',
      '',
      body.node('SequenceAt', [groups.keyLengths, index]),
    ],
    { q_num_heads: config.heads, kv_num_heads: config.kvHeads, is_causal: 1 },
  );
  const next = body.node('SequenceInsert', [done, body.node('Reshape', [context, body.ints(-1, width)])]);
  const loop = graph.node('Loop', [groups.count, '', graph.node('SequenceEmpty', [], { dtype: FLOAT })], {
    body: body.build('attention_group', [
      { name: body.node('Identity', [going]), type: BOOL, shape: [] },
      { name: next, type: FLOAT, sequence: true },
    ]),
  });
  return graph.node('Gather', [graph.node('ConcatFromSequence', [loop], { axis: 0 }), groups.order]);
}
