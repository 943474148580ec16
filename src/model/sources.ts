import { stat } from 'node:fs/promises';
import type { TensorMap } from './safetensors.ts';

/** A file of weights, so that another content is another source: without reading gigabytes. */
export interface WeightSource {
  /** Real path. */
  readonly path: string;
  readonly bytes: number;
  /** Time of the last change, in milliseconds. */
  readonly modified: number;
}

/** The files that tensors lie in. */
export async function weightSources(tensors: TensorMap): Promise<WeightSource[]> {
  const paths = [...new Set([...tensors.values()].map(({ file }) => file))].sort();
  return Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return { path, bytes: size, modified: mtimeMs };
    }),
  );
}
