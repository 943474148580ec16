import type { MicroBatch } from '../../engine/engine.ts';
import type { Qwen3Config } from '../../model/config.ts';
import type { Feed, Feeds } from '../pack.ts';
import { PAGED, pageSize } from './paged-inputs.ts';

/** A run of packed tokens. */
interface Span {
  readonly start: number;
  readonly length: number;
}

/** One sequence of the attention: what it computes itself, and what it only reads from pages that another one fills. */
interface Sequence {
  readonly spans: readonly Span[];
  readonly past: number;
  readonly pages: readonly number[];
}

/**
 * Lays a micro-batch out as the paged graph's inputs. The first row of each prefix takes the prefix along as the beginning
 * of its sequence. The other rows read its whole pages and repeat the tokens of the last, partial page, because a page
 * that holds one row's tokens cannot hold another's: they are repeated in attention alone, no linear layer sees them twice.
 */
export function packPaged(batch: MicroBatch, config: Pick<Qwen3Config, 'headDim' | 'kvHeads'>): Feeds {
  const page = pageSize(config.headDim);
  const spans: Span[] = [];
  let total = 0;
  for (const { length } of [...batch.prefixes, ...batch.rows.map((row) => row.tokens)]) {
    spans.push({ start: total, length });
    total += length;
  }
  const rowSpans = spans.slice(batch.prefixes.length);
  const { sequences, pages } = sequencesOf(batch, spans, page);

  const ids = new Int32Array(total);
  const tokenLists = [...batch.prefixes, ...batch.rows.map((row) => row.tokens)];
  for (const [index, list] of tokenLists.entries()) ids.set(list, spans[index]?.start);

  const lengths = sequences.map((sequence) => sequence.spans.reduce((sum, span) => sum + span.length, 0));
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  const order = new Int32Array(total).fill(-1);
  const starts = new Int32Array(sequences.length + 1);
  const width = Math.max(...sequences.map((sequence) => sequence.pages.length));
  const table = new Int32Array(sequences.length * width);
  let at = 0;
  for (const [index, sequence] of sequences.entries()) {
    starts[index] = at;
    table.set(sequence.pages, index * width);
    for (const { start, length } of sequence.spans) {
      for (let token = start; token < start + length; token++, at++) {
        tokens[at] = token;
        if (order[token] === -1) order[token] = at;
      }
    }
  }
  starts[sequences.length] = at;
  const mostKeys = Math.max(...sequences.map(({ past }, index) => past + (lengths[index] ?? 0)));
  return {
    [PAGED.ids]: int32(ids),
    [PAGED.tokens]: int32(tokens),
    [PAGED.order]: int32(order),
    [PAGED.starts]: int32(starts),
    [PAGED.past]: int32(Int32Array.from(sequences, ({ past }) => past)),
    [PAGED.pages]: { type: 'int32', data: table, dims: [sequences.length, width] },
    [PAGED.cacheShape]: int64([pages, page, config.kvHeads, config.headDim]),
    [PAGED.bounds]: int32(Int32Array.of(Math.max(...lengths), mostKeys, mostKeys)),
    [PAGED.last]: int32(Int32Array.from(rowSpans, ({ start, length }) => start + length - 1)),
  };
}

function sequencesOf(batch: MicroBatch, spans: readonly Span[], page: number): { sequences: Sequence[]; pages: number } {
  const sequences: Sequence[] = [];
  let pages = 0;
  const take = (tokens: number): number[] => Array.from({ length: Math.ceil(tokens / page) }, () => pages++);
  /** The sequence that computes each prefix. */
  const leaders = new Map<number, Sequence>();
  for (const [index, { prefix }] of batch.rows.entries()) {
    const before = spans[prefix];
    const own = spans[batch.prefixes.length + index];
    if (before === undefined || own === undefined || prefix >= batch.prefixes.length) {
      throw new RangeError(`Row ${index} names prefix ${prefix} of ${batch.prefixes.length}.`);
    }
    const leader = leaders.get(prefix);
    if (leader === undefined) {
      const first = { spans: [before, own], past: 0, pages: take(before.length + own.length) };
      leaders.set(prefix, first);
      sequences.push(first);
      continue;
    }
    const shared = Math.floor(before.length / page);
    const past = shared * page;
    const rest = { start: before.start + past, length: before.length - past };
    const spansOfRow = rest.length === 0 ? [own] : [rest, own];
    sequences.push({
      spans: spansOfRow,
      past,
      pages: [...leader.pages.slice(0, shared), ...take(rest.length + own.length)],
    });
  }
  for (const [index, before] of spans.slice(0, batch.prefixes.length).entries()) {
    if (!leaders.has(index)) sequences.push({ spans: [before], past: 0, pages: take(before.length) });
  }
  return { sequences, pages };
}

function int32(data: Int32Array): Feed {
  return { type: 'int32', data, dims: [data.length] };
}

function int64(values: readonly number[]): Feed {
  return { type: 'int64', data: BigInt64Array.from(values, BigInt), dims: [values.length] };
}
