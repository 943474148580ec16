import type { MicroBatch } from '../../engine/engine.ts';
import type { Qwen3Config } from '../../model/config.ts';
import type { Feed, Feeds } from '../pack.ts';
import { PageTable, type Sequence } from './page-table.ts';
import { PAGED, pageSize } from './paged-inputs.ts';

/**
 * Lays a micro-batch out as the paged graph's inputs: every prefix once, then every row, in one packed row of tokens. Empty
 * prefixes are left out: Flash Attention knows no sequence of no tokens.
 */
export function packPaged(batch: MicroBatch, config: Pick<Qwen3Config, 'headDim' | 'kvHeads'>): Feeds {
  const prefixes = batch.prefixes.filter(({ length }) => length > 0);
  const sequences = sequencesOf(batch, prefixes);
  const lists = [...prefixes, ...batch.rows.map((row) => row.tokens)];
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  const ids = new Int32Array(total);
  const positions = new Int32Array(total);
  for (const [index, { start, length, past }] of sequences.entries()) {
    ids.set(lists[index] ?? [], start);
    for (let at = 0; at < length; at++) positions[start + at] = past + at;
  }
  const size = pageSize(config.headDim);
  const pages = new PageTable(sequences, size);
  const mostKeys = Math.max(...sequences.map(({ past, length }) => past + length));
  return {
    [PAGED.ids]: int32(ids),
    [PAGED.positions]: int32(positions),
    [PAGED.starts]: int32(Int32Array.of(...sequences.map(({ start }) => start), total)),
    [PAGED.past]: int32(Int32Array.from(sequences, ({ past }) => past)),
    [PAGED.pages]: { type: 'int32', data: pages.table, dims: [sequences.length, pages.width] },
    [PAGED.slots]: int32(pages.slots),
    [PAGED.cacheShape]: int64([pages.count, size, config.kvHeads, config.headDim]),
    [PAGED.writes]: int32(new Int32Array(total).fill(-1)),
    [PAGED.bounds]: int32(Int32Array.of(Math.max(...sequences.map(({ length }) => length)), mostKeys)),
    [PAGED.last]: int32(Int32Array.from(sequences.slice(prefixes.length), ({ start, length }) => start + length - 1)),
  };
}

/** `prefixes` are those of the batch that are not empty. */
function sequencesOf(batch: MicroBatch, prefixes: readonly Int32Array[]): Sequence[] {
  const sequences: Sequence[] = [];
  let start = 0;
  for (const { length } of prefixes) {
    sequences.push({ start, length, past: 0, prefix: undefined });
    start += length;
  }
  for (const [row, { prefix, tokens }] of batch.rows.entries()) {
    const before = batch.prefixes[prefix];
    if (before === undefined) throw new RangeError(`Row ${row} names prefix ${prefix} of ${batch.prefixes.length}.`);
    const own = prefixes.indexOf(before);
    sequences.push({ start, length: tokens.length, past: before.length, prefix: own < 0 ? undefined : own });
    start += tokens.length;
  }
  return sequences;
}

function int32(data: Int32Array): Feed {
  return { type: 'int32', data, dims: [data.length] };
}

function int64(values: readonly number[]): Feed {
  return { type: 'int64', data: BigInt64Array.from(values, BigInt), dims: [values.length] };
}
