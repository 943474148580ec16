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
    const work = this.#engines.map(async (engine, index): Promise<Part> => {
      const share = shares[index] ?? [];
      const own = share.flatMap((row) => rows[row] ?? []);
      return { rows: share, outputs: own.length === 0 ? NOTHING : await engine.run(batchOf(prefixes, own)) };
    });
    // All have ended before one's failure is told: whoever tries again must find them idle.
    const outcomes = await Promise.allSettled(work);
    const parts = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    return joined(parts, rows.length);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.dispose()));
  }
}

/** What one engine computed: for each of `rows`, equally many numbers. */
interface Part {
  readonly rows: readonly number[];
  readonly outputs: Float32Array;
}

const NOTHING = new Float32Array();

/** The outputs of `count` rows in their order. Those that an engine leaves out are NaN. */
function joined(parts: readonly Part[], count: number): Float32Array {
  const width = Math.max(1, ...parts.map(({ rows, outputs }) => Math.ceil(outputs.length / Math.max(1, rows.length))));
  const all = new Float32Array(count * width).fill(Number.NaN);
  for (const { rows, outputs } of parts) {
    for (const [at, row] of rows.entries()) all.set(outputs.subarray(at * width, (at + 1) * width), row * width);
  }
  return all;
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
