/** Numeric types that a network may run in. The 16-bit ones need CUDA. */
export const DTYPES = ['fp32', 'bf16', 'fp16'] as const;

/** One of {@link DTYPES}. */
export type Dtype = (typeof DTYPES)[number];
