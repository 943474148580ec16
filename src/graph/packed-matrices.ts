import type { Tensor } from './onnx-proto.ts';

/** Numeric forms of linear layers that weights have to be brought into first. */
export const PACKED_FORMS = ['int8', 'int4'] as const;
export type PackedForm = (typeof PACKED_FORMS)[number];

/** The matrices of the linear layers, brought into one form. */
export interface PackedMatrices {
  readonly form: PackedForm;
  /** By the checkpoint's name. */
  readonly matrices: ReadonlyMap<string, PackedMatrix>;
}

/**
 * One matrix. In int8, `values` are pieces [in / pieces, out] of int8 with `scales` [out]; in
 * int4 they are one piece of uint8 [out, blocks, block / 2] with `scales` [out, blocks]. Scales are float32.
 */
export interface PackedMatrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly values: readonly Tensor[];
  readonly scales: Tensor;
}
