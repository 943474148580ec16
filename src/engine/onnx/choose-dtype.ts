import type { Qwen3Config } from '../../model/config.ts';
import { isLinear, networkTensors } from '../../model/network-tensors.ts';
import type { Device } from './device.ts';
import type { Dtype } from './dtype.ts';

/** Up to this size float32 weights are no burden, and nothing is gained that is worth a file on disk. */
const SMALL_BYTES = 256 * 2 ** 20;
/** The part of the memory that weights may take. */
const MEMORY_SHARE = 0.6;

export interface DtypeChoice {
  readonly dtype: Dtype;
  /** In a sentence, for `info`. */
  readonly reason: string;
}

export interface Circumstances {
  readonly device: Device;
  readonly config: Qwen3Config;
  /** Whether 8-bit products are exact on this processor. */
  readonly int8: boolean;
  /** Memory that this process may have, in bytes. */
  readonly memoryBytes: number;
}

/** What `dtype: 'auto'` means under the circumstances. */
export function chooseDtype({ device, config, int8, memoryBytes }: Circumstances): DtypeChoice {
  const count = linearWeights(config);
  const size = (bits: number) => amount((count * bits) / 8);
  if (device !== 'cpu') return { dtype: 'fp32', reason: `the only type that runs on ${device}` };
  if (4 * count <= SMALL_BYTES) return { dtype: 'fp32', reason: `the model is small: ${size(32)} in fp32` };
  const stored = config.quantization?.kind;
  if (stored === 'int4-groups') return { dtype: 'int4', reason: 'the weights are stored in 4 bits' };
  const room = MEMORY_SHARE * memoryBytes;
  if (int8 && count <= room) return { dtype: 'int8', reason: `${size(8)} instead of ${size(32)}, and faster` };
  if (!int8 && 4 * count <= room) return { dtype: 'fp32', reason: 'this processor has no exact 8-bit products' };
  const why = int8 ? `int8 would take ${size(8)}` : `fp32 would take ${size(32)}`;
  return { dtype: 'int4', reason: `${why} of ${amount(memoryBytes)} of memory` };
}

function linearWeights(config: Qwen3Config): number {
  let count = 0;
  for (const [name, shape] of networkTensors(config)) {
    if (isLinear(name)) count += shape.reduce((product, size) => product * size, 1);
  }
  return count;
}

/** A size for people to read. */
function amount(bytes: number): string {
  return bytes < 1e8 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
