import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

export const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';

const CHUNK = 16 * 2 ** 20;
const OVERLAP = 32;

/**
 * The version of ONNX Runtime that the CUDA provider in a folder belongs to, if that can be told. PyPI's package keeps the
 * core, with its version in the file name, beside it; otherwise the library itself is searched, which holds its version
 * as a string.
 */
export function providerVersion(folder: string): string | undefined {
  for (const name of readdirSync(folder)) {
    const version = /^libonnxruntime\.so\.(\d+\.\d+\.\d+)$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  const descriptor = openSync(join(folder, CUDA_PROVIDER), 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    for (let position = 0; ; position += CHUNK - OVERLAP) {
      const length = readSync(descriptor, chunk, 0, CHUNK, position);
      const version = versionIn(chunk.subarray(0, length));
      if (version !== undefined || length < CHUNK) return version;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** A string of its own like `1.30.0`; every minor version with a CUDA provider of this kind has two digits. */
function versionIn(bytes: Buffer): string | undefined {
  return /\0(1\.\d{2}\.\d{1,2})\0/.exec(bytes.toString('latin1'))?.[1];
}
