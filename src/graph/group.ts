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
/** Query-key pairs that a rectangle may waste before starting another one is cheaper, on top of a share of its area. */
const FREE_WASTE = 4096;
const WASTE_SHARE = 0.15;

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
 * Gathers blocks of like shape into rectangles. `maxArea` bounds blocks x queries x keys of each group; a single block
 * may exceed it.
 */
export function groupBlocks(blocks: readonly Block[], maxArea: number): Group[] {
  const sorted = [...blocks].sort((a, b) => a.keys - b.keys || a.to - a.from - (b.to - b.from));
  const groups: Group[] = [];
  let members: Block[] = [];
  let queries = 0;
  let keys = 0;
  let used = 0;
  for (const block of sorted) {
    const own = block.to - block.from;
    const tallest = Math.max(queries, own);
    // Sorted by keys: this block's are the most so far.
    const area = (members.length + 1) * tallest * block.keys;
    const need = used + own * block.keys;
    if (members.length > 0 && (area > maxArea || area > need * (1 + WASTE_SHARE) + FREE_WASTE)) {
      groups.push({ blocks: members, queries, keys });
      members = [];
      queries = 0;
      used = 0;
    }
    members.push(block);
    queries = Math.max(queries, own);
    keys = block.keys;
    used += own * block.keys;
  }
  if (members.length > 0) groups.push({ blocks: members, queries, keys });
  return groups;
}
