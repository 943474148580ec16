import type { Tuned } from './protocol.ts';

/** Documents in a batch; the fastest for the workload is found by trying. */
const BATCH_SIZES = [1, 2, 4, 8, 16];
/** Most bytes of a batch's output: the whole vocabulary at every position, in float32, say. */
const MOST_OUTPUT_BYTES = 2.5e9;

/** Tries batches of several sizes on texts of middle length. */
export async function tuneBatches(
  texts: readonly string[],
  run: (texts: readonly string[]) => Promise<{ readonly tokens: number; readonly bytes: number }>,
): Promise<Tuned> {
  const sorted = [...texts].sort((a, b) => a.length - b.length);
  const rates = new Map<number, number>();
  let bytesOfOne = 0;
  for (const size of BATCH_SIZES) {
    if (size > sorted.length || size * bytesOfOne > MOST_OUTPUT_BYTES) break;
    const middle = Math.floor((sorted.length - size) / 2);
    const start = performance.now();
    const { tokens, bytes } = await run(sorted.slice(middle, middle + size));
    rates.set(size, (1000 * tokens) / (performance.now() - start));
    bytesOfOne = bytes / size;
  }
  const [best] = [...rates].sort(([, a], [, b]) => b - a);
  return {
    tuning: { batchSize: best?.[0] ?? 1 },
    tried: [...rates].map(([size, rate]) => `batches of ${size}: ${Math.round(rate)} tokens/s`).join(', '),
  };
}
