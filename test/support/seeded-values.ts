import type { SeededCheckpointSpec } from './seeded-spec.ts';
import { type SeededTensor, tensorSize } from './seeded-tensors.ts';

type Dtype = SeededCheckpointSpec['dtype'];
type Table = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Stored values by dtype and scale; most tensors of a checkpoint share a few scales. */
export type SeededTables = Map<string, Table>;

// The sum of two independent uniform 16-bit numbers: bell-shaped enough, and small enough for a look-up table of stored
// values, which is what makes a checkpoint of 600 million parameters a matter of seconds.
const CENTRE = 65535;
const SUM_STD = Math.sqrt((65536 * 65536 - 1) / 6);
const CHUNK = 1 << 20;

/** Bytes of one stored value. */
export function storedWidth(dtype: Dtype): 2 | 4 {
  return dtype === 'F32' ? 4 : 2;
}

/**
 * The stored, little-endian bytes of a tensor, in chunks. The buffer of a chunk is reused for the next one: be done with
 * it before asking for more. `tables` may be shared by all tensors of one dtype.
 */
export function* seededTensorBytes(
  seed: number,
  dtype: Dtype,
  tensor: SeededTensor,
  tables: SeededTables = new Map(),
): Generator<Uint8Array<ArrayBuffer>, void, void> {
  const scale = `${dtype} ${tensor.mean} ${tensor.std}`;
  let table = tables.get(scale);
  if (table === undefined) {
    table = storedTable(dtype, tensor.mean, tensor.std);
    tables.set(scale, table);
  }
  const key = tensorKey(seed, tensor.name);
  const size = tensorSize(tensor);
  const length = Math.min(CHUNK, size);
  const values = table instanceof Float32Array ? new Float32Array(length) : new Uint16Array(length);
  for (let start = 0; start < size; start += CHUNK) {
    const count = Math.min(CHUNK, size - start);
    fill(values, table, key, start, count);
    yield new Uint8Array(values.buffer, 0, count * values.BYTES_PER_ELEMENT);
  }
}

function fill(values: Table, table: Table, key: number, start: number, count: number): void {
  for (let i = 0; i < count; i++) {
    let x = Math.imul(start + i, 0x9e3779b9);
    x ^= x >>> 16;
    x = Math.imul(x ^ key, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    x ^= x >>> 16;
    values[i] = table[(x & 0xffff) + (x >>> 16)] ?? 0;
  }
}

function tensorKey(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash ^= Math.imul(seed, 0x9e3779b9);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x7feb352d);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x846ca68b);
  return hash ^ (hash >>> 16);
}

/** The stored value of every possible sum: float64 arithmetic, rounded to float32, then to the dtype. */
function storedTable(dtype: Dtype, mean: number, std: number): Table {
  const step = std / SUM_STD;
  const values = Float32Array.from({ length: 2 * CENTRE + 1 }, (_, sum) => mean + (sum - CENTRE) * step);
  if (dtype === 'F32') return values;
  const bits = new Uint32Array(values.buffer);
  return Uint16Array.from(bits, dtype === 'BF16' ? bfloat16Bits : float16Bits);
}

/** Float32 bits to bfloat16 bits, to nearest even. No infinities or NaN occur here. */
function bfloat16Bits(bits: number): number {
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Float32 bits to float16 bits, to nearest even, subnormals included. Nothing here is as large as 65,504. */
function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const mantissa = bits & 0x7fffff;
  if (exponent < -25) return sign;
  // A normal number keeps 10 of its 23 mantissa bits, a subnormal one fewer for each power of two below 2^-14; a
  // mantissa that rounds up to a power of two carries into the exponent by itself.
  const drop = exponent >= -14 ? 13 : -1 - exponent;
  const exact = exponent >= -14 ? ((exponent + 15) << 23) | mantissa : mantissa | 0x800000;
  const half = exact >>> drop;
  const rest = exact & ((1 << drop) - 1);
  const middle = 1 << (drop - 1);
  return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0));
}
