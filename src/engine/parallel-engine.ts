import type { Engine, MicroBatch } from './engine.ts';
import { batchOf } from './micro-batch.ts';

/**
 * Several engines with the same model, one a GPU, as one: each micro-batch is divided among them by tokens. A prefix is
 * computed by every engine that has rows of it.
 */
export class ParallelEngine implements Engine {
  readonly #engines: readonly Engine[];

  constructor(engines: readonly Engine[]) {
    this.#engines = engines;
  }

  async run({ prefixes, rows }: MicroBatch): Promise<Float32Array> {
    const shares = divide(
      rows.map(({ tokens }) => tokens.length),
      this.#engines.length,
    );
    const logits = new Float32Array(rows.length);
    const work = this.#engines.map(async (engine, index) => {
      const share = shares[index] ?? [];
      if (share.length === 0) return;
      const part = await engine.run(
        batchOf(
          prefixes,
          share.flatMap((row) => rows[row] ?? []),
        ),
      );
      for (const [at, row] of share.entries()) logits[row] = part[at] ?? Number.NaN;
    });
    // All have ended before one's failure is told: whoever tries again must find them idle.
    for (const outcome of await Promise.allSettled(work)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    return logits;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.dispose()));
  }
}

/** Several engines as one; a single one as it is. */
export function oneOf(engines: readonly Engine[]): Engine {
  const [only] = engines;
  return only !== undefined && engines.length === 1 ? only : new ParallelEngine(engines);
}

/** Which rows each of `parts` gets: the longest first, each to whoever has least; a share's rows keep their order. */
function divide(lengths: readonly number[], parts: number): number[][] {
  const shares = Array.from({ length: parts }, () => ({ rows: [] as number[], tokens: 0 }));
  const longestFirst = [...lengths.keys()].sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0));
  for (const row of longestFirst) {
    const least = shares.reduce((best, share) => (share.tokens < best.tokens ? share : best));
    least.rows.push(row);
    least.tokens += lengths[row] ?? 0;
  }
  return shares.map(({ rows }) => rows.sort((a, b) => a - b));
}
