import type { MicroBatch } from '../engine/engine.ts';
import { type Block, blocksOf, type Group, groupBlocks, type Sequence } from './group.ts';
import { ALL_TOKENS, type GroupInputs, INPUT, LAST_TOKENS } from './ragged-inputs.ts';

/** One input of a run. */
export interface Feed {
  readonly type: 'int32' | 'int64';
  readonly data: Int32Array | BigInt64Array;
  readonly dims: readonly number[];
}

export type Feeds = Record<string, Feed>;

/**
 * Lays a micro-batch out as the graph's inputs: every prefix once, then every row, in one packed row of tokens.
 * `maxArea` bounds the attention's score matrices: blocks x queries x keys of one group, for one head.
 */
export function packMicroBatch(batch: MicroBatch, maxArea: number): Feeds {
  const prefixes: Sequence[] = [];
  let total = 0;
  for (const tokens of batch.prefixes) {
    prefixes.push({ start: total, length: tokens.length, prefixStart: total, prefixLength: 0 });
    total += tokens.length;
  }
  const rows: Sequence[] = [];
  for (const { prefix, tokens } of batch.rows) {
    const before = prefixes[prefix];
    if (before === undefined) throw new RangeError(`Row ${rows.length} names prefix ${prefix} of ${prefixes.length}.`);
    rows.push({ start: total, length: tokens.length, prefixStart: before.start, prefixLength: before.length });
    total += tokens.length;
  }

  const ids = new Int32Array(total);
  const positions = new Int32Array(total);
  const sequences = [...prefixes, ...rows];
  const tokens = [...batch.prefixes, ...batch.rows.map((row) => row.tokens)];
  for (const [index, { start, length, prefixLength }] of sequences.entries()) {
    ids.set(tokens[index] ?? [], start);
    for (let at = 0; at < length; at++) positions[start + at] = prefixLength + at;
  }

  const lastBlocks = rows.map(
    (sequence): Block => ({
      sequence,
      from: sequence.length - 1,
      to: sequence.length,
      keys: sequence.prefixLength + sequence.length,
    }),
  );
  const rowOf = new Map(rows.map((sequence, row) => [sequence, row]));
  return {
    [INPUT.ids]: int32(ids),
    [INPUT.positions]: int32(positions),
    [INPUT.last]: int32(Int32Array.from(rows, ({ start, length }) => start + length - 1)),
    ...packGroups(
      ALL_TOKENS,
      groupBlocks(blocksOf(sequences, maxArea), maxArea),
      total,
      ({ sequence, from }) => sequence.start + from,
    ),
    ...packGroups(
      LAST_TOKENS,
      groupBlocks(lastBlocks, maxArea),
      rows.length,
      ({ sequence }) => rowOf.get(sequence) ?? 0,
    ),
  };
}

/** `firstQuery` tells where a block's first query lies among the queries, and so among the outputs. */
export function packGroups(
  names: GroupInputs,
  groups: readonly Group[],
  outputs: number,
  firstQuery: (block: Block) => number,
): Feeds {
  const querySizes = groups.map(({ blocks, queries }) => blocks.length * queries);
  const keySizes = groups.map(({ blocks, keys }) => blocks.length * keys);
  const queryIndex = new Int32Array(sum(querySizes));
  const keyIndex = new Int32Array(sum(keySizes));
  const keyLengths: number[] = [];
  const order = new Int32Array(outputs);
  let query = 0;
  let key = 0;
  for (const { blocks, queries, keys } of groups) {
    for (const block of blocks) {
      const { sequence } = block;
      const first = firstQuery(block);
      const padding = queries - (block.to - block.from);
      queryIndex.fill(first, query, query + padding);
      for (let at = padding; at < queries; at++) {
        const token = first + at - padding;
        queryIndex[query + at] = token;
        order[token] = query + at;
      }
      query += queries;
      for (let at = 0; at < sequence.prefixLength; at++) keyIndex[key + at] = sequence.prefixStart + at;
      for (let at = sequence.prefixLength; at < block.keys; at++) {
        keyIndex[key + at] = sequence.start + at - sequence.prefixLength;
      }
      // Padding keys are never seen; token 0 always exists.
      key += keys;
      keyLengths.push(block.keys);
    }
  }
  return {
    [names.queryIndex]: int32(queryIndex),
    [names.querySizes]: int64(querySizes),
    [names.queryShapes]: int64(
      groups.flatMap(({ blocks, queries }) => [blocks.length, queries]),
      2,
    ),
    [names.keyIndex]: int32(keyIndex),
    [names.keySizes]: int64(keySizes),
    [names.keyShapes]: int64(
      groups.flatMap(({ blocks, keys }) => [blocks.length, keys]),
      2,
    ),
    [names.keyLengths]: int64(keyLengths),
    [names.blocks]: int64(groups.map(({ blocks }) => blocks.length)),
    [names.order]: int32(order),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function int32(data: Int32Array): Feed {
  return { type: 'int32', data, dims: [data.length] };
}

function int64(values: readonly number[], columns?: number): Feed {
  const data = BigInt64Array.from(values, BigInt);
  return { type: 'int64', data, dims: columns === undefined ? [data.length] : [data.length / columns, columns] };
}
