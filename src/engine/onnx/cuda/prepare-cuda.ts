import { activate } from './activate.ts';
import { findCuda } from './find-cuda.ts';
import { cudaPlaces } from './places.ts';

/** Whether CUDA can be tried in this process. */
export interface PreparedCuda {
  /** Why not. */
  readonly refused?: string;
  /** Ends the preparation, once a session exists or none could be made. */
  readonly done: () => void;
}

/** Must run before onnxruntime-node is first imported. `directory` is the option `cudaLibraryDir`. */
export function prepareCuda(directory: string | undefined): PreparedCuda {
  const done = () => {};
  // Whether it is built for CUDA at all, onnxruntime-node tells.
  if (process.platform !== 'linux' || process.arch !== 'x64') return { done };
  try {
    const places = cudaPlaces(directory);
    const found = findCuda(places);
    return typeof found === 'string' ? { refused: found, done } : { done: activate(found, places.binding) };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error), done };
  }
}
