import type { Batching } from './batching.ts';
import { lengthOf, type WholeRow } from './feeds.ts';

/** How much of its size (or of 1) a logit may differ with the rows beside it: by what float32 sums differ with their order. */
const TOLERANCE = 1e-4;
/** On devices that round to fewer digits. */
const COARSE_TOLERANCE = 1e-2;

interface Trial {
  readonly run: (rows: readonly WholeRow[], padding: 'left' | 'right') => Promise<Float32Array>;
  /** Ways to try, the best first. */
  readonly candidates: readonly Exclude<Batching, 'alone'>[];
  /** Whether the device computes in float32 throughout. */
  readonly exact: boolean;
}

/**
 * The first way to run rows together in which each has the score that it has alone. What an export's graph does with padding
 * cannot be told from its inputs: some number positions from the first token on, some count on padding at one end, and in
 * some with 8-bit activations every row changes the scale of all others. `'alone'` if there is no such way.
 * @param samples rows of unlike length
 */
export async function chooseBatching(
  samples: readonly WholeRow[],
  { run, candidates, exact }: Trial,
): Promise<Batching> {
  const tolerance = exact ? TOLERANCE : COARSE_TOLERANCE;
  const alike = ofEqualLength(samples);
  for (const batching of candidates) {
    const rows = batching === 'equal' ? alike : samples;
    const padding = batching === 'left' ? 'left' : 'right';
    if (await sameAsAlone(rows, (some) => run(some, padding), tolerance)) return batching;
  }
  return 'alone';
}

async function sameAsAlone(
  rows: readonly WholeRow[],
  run: (rows: readonly WholeRow[]) => Promise<Float32Array>,
  tolerance: number,
): Promise<boolean> {
  let together: Float32Array;
  try {
    together = await run(rows);
  } catch {
    return false; // Some exports take one row at a time, and say so only when they run.
  }
  for (const [at, row] of rows.entries()) {
    const [alone = Number.NaN] = await run([row]);
    if (!(Math.abs(alone - (together[at] ?? Number.NaN)) <= tolerance * Math.max(1, Math.abs(alone)))) return false;
  }
  return true;
}

/** The samples without the beginnings that make some longer than others. */
function ofEqualLength(samples: readonly WholeRow[]): WholeRow[] {
  const shortest = Math.min(...samples.map(lengthOf));
  return samples.map((sample) => ({
    ...sample,
    tokens: sample.tokens.subarray(lengthOf(sample) - shortest),
  }));
}
