interface Level {
  /** Tokens that a job would have been served, had it always been waiting and had the level been shared evenly. */
  now: number;
  /** `now` before the latest micro-batch was chosen. */
  before: number;
  /** Open jobs of this priority. */
  jobs: number;
}

/**
 * Virtual time for fair queueing. Each job carries a tag, the virtual time up to which it has been served; the job with
 * the lowest tag goes next and its tag rises by the tokens it was served. This clock says which tag a job starts with.
 *
 * - A job that arrives during a run counts as having waited since that run began: what others were served by the run
 *   is its head start, so a small call goes first in the very next micro-batch, whatever huge calls are open.
 * - The clock advances by each micro-batch's tokens divided by the jobs that wanted them, so a steady stream of
 *   newcomers starts later and later, and cannot hold a huge call back for good.
 *
 * Each priority has a clock of its own: what urgent calls are served is no debt between those that wait behind them.
 */
export class FairClock {
  readonly #levels = new Map<number, Level>();

  /** Counts a job in. */
  enter(priority: number): void {
    const level = this.#levels.get(priority);
    if (level) level.jobs++;
    else this.#levels.set(priority, { now: 0, before: 0, jobs: 1 });
  }

  /** Counts a job out. A priority without jobs is forgotten: its clock means nothing to those who come later. */
  leave(priority: number): void {
    const level = this.#levels.get(priority);
    if (level && --level.jobs === 0) this.#levels.delete(priority);
  }

  /** The lowest tag that a job may have which has nothing waiting yet. */
  startTag(priority: number): number {
    return this.#levels.get(priority)?.before ?? 0;
  }

  /**
   * Records a micro-batch.
   * @param served Tokens served, by priority.
   * @param waiting The number of jobs that had rows waiting when it was chosen, by priority.
   */
  advance(served: ReadonlyMap<number, number>, waiting: ReadonlyMap<number, number>): void {
    for (const [priority, level] of this.#levels) {
      level.before = level.now;
      level.now += (served.get(priority) ?? 0) / Math.max(1, waiting.get(priority) ?? 1);
    }
  }
}
