import type { MicroBatch } from '../../engine.ts';
import { batchOf, tokensOf } from '../../micro-batch.ts';

type Run = (batch: MicroBatch) => Promise<Float32Array>;

/** How ONNX Runtime and CUDA say that memory does not suffice. */
export function isOutOfMemory(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error);
  return /out of memory|Failed to allocate memory|CUBLAS_STATUS_ALLOC_FAILED|bad allocation|bfc_arena/i.test(text);
}

/**
 * Runs micro-batches that may be too large for the memory: one that is, runs as two halves, and what follows is cut to
 * the size that has worked before it is tried. A single row that does not fit is an error.
 */
export class HalvingRunner {
  readonly #run: Run;
  /** Tokens that are known to be too many. */
  #tooMany = Number.POSITIVE_INFINITY;

  constructor(run: Run) {
    this.#run = run;
  }

  /** The largest micro-batch that is still tried, in tokens; infinite until memory was short. */
  get limit(): number {
    return this.#tooMany - 1;
  }

  async run(batch: MicroBatch): Promise<Float32Array> {
    const { length } = batch.rows;
    const tokens = tokensOf(batch);
    if (length === 1 || tokens < this.#tooMany) {
      try {
        return await this.#run(batch);
      } catch (error) {
        if (length === 1 || !isOutOfMemory(error)) throw error;
        this.#tooMany = Math.min(this.#tooMany, tokens);
      }
    }
    const middle = Math.ceil(length / 2);
    const first = await this.run(batchOf(batch.prefixes, batch.rows.slice(0, middle)));
    const second = await this.run(batchOf(batch.prefixes, batch.rows.slice(middle)));
    const outputs = new Float32Array(first.length + second.length);
    outputs.set(first);
    outputs.set(second, first.length);
    return outputs;
  }
}
