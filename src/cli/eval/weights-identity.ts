import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const MODEL_FILES = /\.(?:json|safetensors|onnx|onnx_data)$/;

/** Tells the files of a directory from those that a model trained anew leaves there: by names, sizes and times. */
export async function weightsIdentity(directory: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(directory)).filter((name) => MODEL_FILES.test(name)).sort()) {
    const { size, mtimeMs } = await stat(join(directory, name));
    hash.update(JSON.stringify([name, size, mtimeMs]));
  }
  return hash.digest('hex').slice(0, 16);
}
