import { type OpenOptions, Scheduler, type SchedulerOptions } from '../../src/batching/index.ts';
import type { Job, JobRow } from '../../src/batching/job-types.ts';
import type { Engine, MicroBatch } from '../../src/engine/engine.ts';

/** Token ids that say where they come from: `length` tokens, all of them `id`. */
export function tokens(id: number, length = 1): Int32Array {
  return new Int32Array(length).fill(id);
}

/** What {@link FakeEngine} answers for a row. */
export function expectedLogit(prefix: Int32Array, row: Int32Array): number {
  let hash = 17;
  for (const token of prefix) hash = Math.imul(hash ^ token, 0x01000193);
  for (const token of row) hash = Math.imul(hash ^ token, 0x01000193);
  return (hash & 0xffff) / 256; // Exact in float32.
}

/** What a run should do instead of answering well: reject with the error, or change the logits. */
export type Fault = Error | ((logits: Float32Array) => Float32Array) | undefined;

/** Answers from the tokens alone; can be held, and made to fail. */
export class FakeEngine implements Engine {
  readonly batches: MicroBatch[] = [];
  /** Called at the start of each run. */
  fault: (batch: MicroBatch, run: number) => Fault = () => undefined;
  /** Called at the start of each run, after it was recorded. */
  onStart: (batch: MicroBatch, run: number) => void = () => {};
  running = 0;
  mostRunning = 0;
  #held: (() => void)[] | undefined;

  /** From now on runs wait for {@link step} or {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets the run that waits finish, and comes back when what follows from it has happened. */
  async step(): Promise<void> {
    await until(() => (this.#held?.length ?? 0) > 0);
    this.#held?.shift()?.();
    await settle();
  }

  release(): void {
    for (const resume of this.#held?.splice(0) ?? []) resume();
    this.#held = undefined;
  }

  async run(batch: MicroBatch): Promise<Float32Array> {
    const run = this.batches.push(batch) - 1;
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      const fault = this.fault(batch, run);
      this.onStart(batch, run);
      if (this.#held) await new Promise<void>((resolve) => this.#held?.push(resolve));
      else await new Promise((resolve) => setImmediate(resolve));
      if (fault instanceof Error) throw fault;
      const logits = Float32Array.from(batch.rows, (row) =>
        expectedLogit(batch.prefixes[row.prefix] ?? new Int32Array(), row.tokens),
      );
      return fault ? fault(logits) : logits;
    } finally {
      this.running--;
    }
  }

  async dispose(): Promise<void> {}

  /** The first token of each row, by micro-batch. */
  get ids(): number[][] {
    return this.batches.map((batch) => batch.rows.map((row) => row.tokens[0] ?? -1));
  }
}

let lanes = 0;

/** A scheduler on a lane of its own. */
export function setUp(options: Partial<SchedulerOptions> = {}): { engine: FakeEngine; scheduler: Scheduler } {
  const engine = new FakeEngine();
  const scheduler = new Scheduler({
    engine,
    traced: { model: 'fake', device: undefined },
    lane: `test:${lanes++}`,
    tokenBudget: 1000,
    maxQueuedDocuments: 100_000,
    ...options,
  });
  return { engine, scheduler };
}

/** `count` rows of `length` tokens whose ids are `id`. */
export function rowsOf(id: number, count: number, length = 1): JobRow[] {
  return Array.from({ length: count }, (_, slot) => ({ slot, tokens: tokens(id, length) }));
}

export const PREFIX = tokens(7, 10);

/** Opens a call and delivers all of its rows at once. */
export function call(
  scheduler: Scheduler,
  rows: readonly JobRow[],
  options: Omit<OpenOptions, 'rows'> & { prefix?: Int32Array } = {},
): Job {
  const job = scheduler.open({ rows: rows.length, ...options });
  void job.add(options.prefix ?? PREFIX, rows);
  return job;
}

/** Lets all that can happen without a timer happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

export function batchTokens(batch: MicroBatch): number {
  return [...batch.prefixes, ...batch.rows.map((row) => row.tokens)].reduce((sum, part) => sum + part.length, 0);
}

/** How a promise stands: its value, its error, or nothing yet. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | 'rejected'> {
  await settle();
  return Promise.race([
    promise.then(
      () => 'resolved' as const,
      () => 'rejected' as const,
    ),
    settle().then(() => 'pending' as const),
  ]);
}
