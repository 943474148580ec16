/** The part of the GGUF format, version 3, that a model needs. Numbers are the format's own; all is little-endian. */

/** Types of tensors, by their number in ggml. */
export const GgmlType = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8 } as const;
export type GgmlTypeName = keyof typeof GgmlType;

/** Values in the header, each with its type. */
export type GgufValue =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s'; readonly value: readonly number[] };

/** A tensor as the header announces it. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** As PyTorch has it, rows first; GGUF wants the innermost size first. */
  readonly shape: readonly number[];
}

const VALUE_TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const VERSION = 3;
/** Of each tensor's first byte, within the part that holds the tensors. */
const ALIGNMENT = 32;
/** Values in a block of the quantized types. */
export const BLOCK = 32;
const BLOCK_BYTES = { F32: 4 * BLOCK, F16: 2 * BLOCK, Q4_0: 2 + BLOCK / 2, Q8_0: 2 + BLOCK } as const;

export function byteLength({ type, shape }: GgufTensor): number {
  return (elements(shape) / BLOCK) * BLOCK_BYTES[type];
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Zeros that bring a length to the alignment. */
export function padding(length: number): Buffer {
  return Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}

/** All that comes before the tensors' bytes, padded: those follow in the same order, each padded as well. */
export function encodeHeader(values: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(VERSION), u64(tensors.length), u64(Object.keys(values).length)];
  for (const [key, value] of Object.entries(values)) parts.push(string(key), ...encodeValue(value));
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(string(tensor.name), u32(tensor.shape.length), ...tensor.shape.toReversed().map(u64));
    parts.push(u32(GgmlType[tensor.type]), u64(offset));
    const length = byteLength(tensor);
    offset += length + padding(length).length;
  }
  const header = Buffer.concat(parts);
  return Buffer.concat([header, padding(header.length)]);
}

function encodeValue(value: GgufValue): Buffer[] {
  switch (value.type) {
    case 'u32':
      return [u32(VALUE_TYPE.u32), u32(value.value)];
    case 'i32':
      return [u32(VALUE_TYPE.i32), i32(value.value)];
    case 'f32':
      return [u32(VALUE_TYPE.f32), Buffer.from(Float32Array.of(value.value).buffer)];
    case 'bool':
      return [u32(VALUE_TYPE.bool), Buffer.of(value.value ? 1 : 0)];
    case 'string':
      return [u32(VALUE_TYPE.string), string(value.value)];
    case 'strings':
      return array(VALUE_TYPE.string, value.value.map(string));
    case 'i32s':
      return array(VALUE_TYPE.i32, value.value.map(i32));
  }
}

function array(type: number, items: readonly Buffer[]): Buffer[] {
  return [u32(VALUE_TYPE.array), u32(type), u64(items.length), Buffer.concat(items)];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
