import type { HalfType } from '../graph/cuda/half-types.ts';
import type { MatrixForm } from './read-matrix.ts';

/** What weights are compiled to. */
export type CompileTarget = PackedTarget | HalfTarget | FloatTarget;

/** Linear layers in few bits, all else as it was stored. */
export interface PackedTarget extends MatrixForm {
  /** Also as this processor's kernels lay matrices out, for sessions on the CPU. */
  readonly laidOut: boolean;
}

/** Everything in 16 bits, for sessions on a GPU. */
export interface HalfTarget {
  readonly form: HalfType;
}

/** Matrices that adapters change in float32, all else as it was stored: for networks that read weights in place. */
export interface FloatTarget {
  readonly form: 'fp32';
}
