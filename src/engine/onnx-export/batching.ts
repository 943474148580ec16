/**
 * How rows of unlike length share a run: padded at the right or at the left end, with rows of their own length only, or not
 * at all.
 */
export type Batching = 'right' | 'left' | 'equal' | 'alone';

/** Rows at least this part as long as the longest are padded to its length. */
const MIN_FILL = 0.75;
/** Rows that lack no more than so many tokens are padded, however short they are. */
const SMALL_GAP = 16;

/**
 * Divides rows into runs, longest first: rows of like length, so that little of a run is padding.
 * @param area most tokens of a run, padding included; a longer row runs alone
 * @returns the rows of each run
 */
export function divideIntoRuns(lengths: readonly number[], batching: Batching, area: number): number[][] {
  const longestFirst = [...lengths.keys()].sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0));
  const runs: number[][] = [];
  let run: number[] = [];
  let longest = 0;
  for (const row of longestFirst) {
    const length = lengths[row] ?? 0;
    const fits = run.length > 0 && (run.length + 1) * longest <= area && areAlike(length, longest, batching);
    if (!fits) {
      run = [];
      longest = length;
      runs.push(run);
    }
    run.push(row);
  }
  return runs;
}

function areAlike(length: number, longest: number, batching: Batching): boolean {
  if (batching === 'alone') return false;
  if (batching === 'equal') return length === longest;
  return length >= MIN_FILL * longest || longest - length <= SMALL_GAP;
}
