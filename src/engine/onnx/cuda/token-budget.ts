import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Qwen3Config } from '../../../model/config.ts';

/** More tokens make no GPU faster, only other calls wait. */
const MOST = 16_384;
/** Fewer make every GPU slow; where not even they fit, micro-batches are halved. */
const LEAST = 2048;
/** Part of the free memory that a micro-batch may take: the arena grows in powers of two. */
const SHARE = 0.4;

/** Tokens of a micro-batch, from the memory that is free once the weights are loaded. */
export function cudaTokenBudget(config: Qwen3Config, freeBytes: number | undefined): number {
  if (freeBytes === undefined) return MOST / 2;
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim } = config;
  // What is alive at once, at worst: the MLP's three wide matrices, or queries, keys and values in their stages.
  const wide = 3 * intermediateSize + 4 * hiddenSize;
  const attention = (3 * heads + 6 * kvHeads) * headDim + 4 * hiddenSize;
  const bytesPerToken = 2 * Math.max(wide, attention);
  return Math.min(MOST, Math.max(LEAST, Math.floor((SHARE * freeBytes) / bytesPerToken)));
}

/** Free memory of a GPU in bytes, as the driver's own tool tells; `undefined` without it. */
export async function freeGpuMemory(deviceId: number): Promise<number | undefined> {
  const visible = process.env['CUDA_VISIBLE_DEVICES']?.split(',')[deviceId]?.trim();
  const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits', '-i', visible ?? `${deviceId}`];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 5000 });
    const mebibytes = Number.parseInt(stdout, 10);
    return Number.isNaN(mebibytes) ? undefined : mebibytes * 2 ** 20;
  } catch {
    return undefined;
  }
}
