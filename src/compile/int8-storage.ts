import { ElementType } from '../graph/onnx-proto.ts';

/**
 * How 8-bit weights are stored. Signed ones are multiplied fastest, but without the instructions for it (VNNI, or ARM's
 * dot product) ONNX Runtime's kernel for them adds pairs of products in 16 bits, where they saturate.
 */
export type Int8Storage = 'signed' | 'unsigned';

const SIGN_BIT = 0x80;

/** Values as an initialiser stores them, in the same memory: as they are, or as uint8 around 128. */
export function storeInt8(values: Int8Array, storage: Int8Storage): { type: ElementType; bytes: Uint8Array } {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (storage === 'signed') return { type: ElementType.INT8, bytes };
  for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] as number) ^ SIGN_BIT;
  return { type: ElementType.UINT8, bytes };
}
