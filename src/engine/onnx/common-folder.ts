import { dirname, sep } from 'node:path';
import type { TensorLocation } from '../../model/safetensors.ts';

/** The deepest folder that holds all the files: ONNX Runtime takes weights from one folder and those below. */
export function commonFolder(tensors: readonly Pick<TensorLocation, 'file'>[]): string {
  const folders = new Set(tensors.map(({ file }) => dirname(file)));
  const [first = [], ...others] = [...folders].map((folder) => folder.split(sep));
  let shared = first.length;
  for (const parts of others) {
    let same = 0;
    while (same < shared && parts[same] === first[same]) same++;
    shared = same;
  }
  const folder = first.slice(0, shared).join(sep);
  // A root, or the root of a drive, keeps its separator: without it a drive means its current directory.
  return folder === '' || folder.endsWith(':') ? folder + sep : folder;
}
