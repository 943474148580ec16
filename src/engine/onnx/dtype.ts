import { HALF_TYPES, type HalfType } from '../../graph/cuda/half-types.ts';
import { PACKED_FORMS } from '../../graph/packed-matrices.ts';
import type { Device } from './device.ts';

/** Numeric types that the network's linear layers can run in. */
export const DTYPES = ['fp32', ...HALF_TYPES, ...PACKED_FORMS] as const;

/** The numeric type of linear layers. */
export type Dtype = (typeof DTYPES)[number];

export function isHalf(dtype: Dtype | 'auto'): dtype is HalfType {
  return HALF_TYPES.some((type) => type === dtype);
}

/** Whether a device has kernels for a type. */
export function canRun(device: Device, dtype: Dtype): boolean {
  if (dtype === 'fp32') return true;
  return device === 'cuda' ? isHalf(dtype) || dtype === 'int4' : device === 'cpu' && !isHalf(dtype);
}
