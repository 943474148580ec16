/** Where one tensor's bytes lie. Nothing is read until somebody needs the values. */
export interface TensorLocation {
  readonly name: string;
  /** `I4`: two values a byte, the earlier in the lower half, 8 meaning zero. Not a type of the format: see `Quantization`. */
  readonly dtype: Dtype | 'I4';
  readonly shape: readonly number[];
  /** Real path of the file: symbolic links resolved, for libraries that refuse to follow them. */
  readonly file: string;
  /** First byte, counted from the beginning of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Bits an element of each safetensors type takes. */
export const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** A type of the safetensors format. Only `F32`, `F16` and `BF16` weights can be run. */
export type Dtype = keyof typeof DTYPE_BITS;
