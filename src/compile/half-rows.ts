import type { HalfType } from '../graph/cuda/half-types.ts';
import { bf16BitsToF32Bits, f16BitsToF32Bits, f32BitsToBf16Bits, f32BitsToF16Bits } from '../model/half.ts';
import type { TensorLocation } from '../model/safetensors.ts';
import { bytesOf } from './read-matrix.ts';
import { tensorBytes } from './tensor-bytes.ts';
import { isChanged, type WeightSource, weightRows } from './weight-source.ts';

/** What each type of 16 bits is called in a checkpoint. */
export const STORED_HALF = { bf16: 'BF16', fp16: 'F16' } as const satisfies Record<HalfType, TensorLocation['dtype']>;

const ROUND = { bf16: f32BitsToBf16Bits, fp16: f32BitsToF16Bits } as const;

/**
 * A tensor's elements in 16 bits, in pieces: rounded to the nearest, ties to even. Each piece is overwritten by the next.
 */
export async function* halfRows(
  location: TensorLocation,
  source: WeightSource,
  type: HalfType,
): AsyncGenerator<Uint8Array> {
  const { dtype } = location;
  if (isChanged(location.name, source)) yield* rounded(location, source, type);
  else if (dtype === STORED_HALF[type]) yield* tensorBytes(location);
  else if (dtype === 'BF16' || dtype === 'F16') yield* looked(location, tableOf(type));
  else yield* rounded(location, source, type);
}

async function* looked(location: TensorLocation, table: Uint16Array): AsyncGenerator<Uint8Array> {
  for await (const piece of tensorBytes(location)) {
    const halves = new Uint16Array(piece.buffer, piece.byteOffset, piece.byteLength / 2);
    for (let at = 0; at < halves.length; at++) halves[at] = table[halves[at] as number] as number;
    yield piece;
  }
}

async function* rounded(location: TensorLocation, source: WeightSource, type: HalfType): AsyncGenerator<Uint8Array> {
  const round = ROUND[type];
  let halves = new Uint16Array(0);
  for await (const { values } of weightRows(location, source)) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    if (halves.length < bits.length) halves = new Uint16Array(bits.length);
    for (let at = 0; at < bits.length; at++) halves[at] = round(bits[at] as number);
    yield bytesOf(halves.subarray(0, bits.length));
  }
}

const tables = new Map<HalfType, Uint16Array>();

/** For each value of one type of 16 bits, the nearest of the other, which is `type`. */
export function tableOf(type: HalfType): Uint16Array {
  const known = tables.get(type);
  if (known !== undefined) return known;
  const widen = type === 'fp16' ? bf16BitsToF32Bits : f16BitsToF32Bits;
  const table = Uint16Array.from({ length: 1 << 16 }, (_, half) => ROUND[type](widen(half)));
  tables.set(type, table);
  return table;
}
