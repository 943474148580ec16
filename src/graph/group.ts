/** A run of packed tokens that attends to itself and to a prefix: a prompt prefix, or a document behind one. */
export interface Sequence {
  /** First packed token. */
  readonly start: number;
  readonly length: number;
  /** The prefix it sees, as packed tokens; length 0 for a prefix itself. */
  readonly prefixStart: number;
  readonly prefixLength: number;
}

/** Queries `from` to `to` (exclusive, counted in the sequence) with all the keys they may see. */
export interface Block {
  readonly sequence: Sequence;
  readonly from: number;
  readonly to: number;
  /** Prefix and sequence tokens up to `to`. */
  readonly keys: number;
}

/** Blocks that are computed as one rectangle of `queries` by `keys`. */
export interface Group {
  readonly blocks: readonly Block[];
  readonly queries: number;
  readonly keys: number;
}

/**
 * Long sequences are cut into blocks of queries: a block needs no keys behind its end, which halves the work, and the
 * score matrix stays small.
 */
const BLOCK_QUERIES = 256;
/**
 * What a rectangle costs besides its query-key pairs, in pairs: what `npm run bench:attention` measures at the shapes of
 * the embedded model (rectangle 995, query 22, key 15) and of Qwen3-Reranker-0.6B (0, 18, 14), or near it.
 */
export const COST = {
  /** Starting one: a turn of the loop, a dozen operators. Some 13 microseconds, whatever the model. */
  rectangle: 500,
  /** Gathering a query, and scattering its result. */
  query: 20,
  /** Gathering a key and a value. */
  key: 15,
} as const;

/** Cuts sequences into blocks of at most {@link BLOCK_QUERIES} queries, fewer where `maxArea` (queries x keys) asks for it. */
export function blocksOf(sequences: readonly Sequence[], maxArea: number): Block[] {
  const blocks: Block[] = [];
  for (const sequence of sequences) {
    const longest = sequence.prefixLength + sequence.length;
    const step = Math.max(1, Math.min(BLOCK_QUERIES, Math.floor(maxArea / longest)));
    for (let from = 0; from < sequence.length; from += step) {
      const to = Math.min(sequence.length, from + step);
      blocks.push({ sequence, from, to, keys: sequence.prefixLength + to });
    }
  }
  return blocks;
}

/**
 * Gathers blocks into rectangles at the least cost: padding against the number of rectangles. `maxArea` bounds
 * blocks x queries x keys of each group; a single block may exceed it.
 */
export function groupBlocks(blocks: readonly Block[], maxArea: number): Group[] {
  const sorted = [...blocks].sort((a, b) => a.keys - b.keys || heightOf(a) - heightOf(b));
  // Of the first n blocks: the least cost, and where the last group of that solution begins.
  const costs = new Float64Array(sorted.length + 1);
  const begins = new Int32Array(sorted.length + 1);
  for (let end = 1; end <= sorted.length; end++) {
    // Sorted by keys: the last block's are the most.
    const keys = sorted[end - 1]?.keys ?? 0;
    let queries = 0;
    let best = Number.POSITIVE_INFINITY;
    for (let begin = end - 1; begin >= 0; begin--) {
      queries = Math.max(queries, heightOf(sorted[begin]));
      const count = end - begin;
      const area = count * queries * keys;
      if (count > 1 && area > maxArea) break;
      const cost = (costs[begin] ?? 0) + COST.rectangle + area + count * (COST.query * queries + COST.key * keys);
      if (cost >= best) continue;
      best = cost;
      begins[end] = begin;
    }
    costs[end] = best;
  }
  const groups: Group[] = [];
  for (let end = sorted.length; end > 0; end = begins[end] ?? 0) {
    const members = sorted.slice(begins[end], end);
    groups.push({
      blocks: members,
      queries: Math.max(...members.map(heightOf)),
      keys: Math.max(...members.map(({ keys }) => keys)),
    });
  }
  return groups.reverse();
}

/** Queries of a block. */
function heightOf(block: Block | undefined): number {
  return block === undefined ? 0 : block.to - block.from;
}
