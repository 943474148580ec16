import { openTensorFile, readFully } from '../model/float-rows.ts';
import type { TensorLocation } from '../model/safetensors.ts';

const CHUNK_BYTES = 1 << 22;

/** A tensor's bytes as they are stored, in pieces. Each piece is overwritten by the next. */
export async function* tensorBytes({ file: path, offset, byteLength }: TensorLocation): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, byteLength));
  await using file = await openTensorFile(path);
  for (let at = 0; at < byteLength; at += chunk.length) {
    const piece = chunk.subarray(0, Math.min(chunk.length, byteLength - at));
    await readFully(file, path, piece, offset + at);
    yield piece;
  }
}
