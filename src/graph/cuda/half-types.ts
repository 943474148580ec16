/** Numeric types of 16 bits that a network can compute in on a GPU. */
export const HALF_TYPES = ['bf16', 'fp16'] as const;

/** One of {@link HALF_TYPES}. */
export type HalfType = (typeof HALF_TYPES)[number];
