import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { activate } from './activate.ts';
import { loadCore } from './core-folder.ts';
import { findCuda, PROVIDERS } from './find-cuda.ts';
import { type CudaPlaces, cudaPlaces, inLoaderCache } from './places.ts';

/** Whether it is built for CUDA at all, onnxruntime-node tells. */
const POSSIBLE = process.platform === 'linux' && process.arch === 'x64';

/**
 * Prepares this process for CUDA, or says why it cannot be had. Must run before onnxruntime-node is first imported.
 * `directory` is the option `cudaLibraryDir`.
 */
export function prepareCuda(directory: string | undefined): string | undefined {
  if (!POSSIBLE) return undefined;
  try {
    const places = cudaPlaces(directory);
    const found = findCuda(places);
    if (typeof found === 'string') return found;
    activate(found, places.binding);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Where a model is loaded on another device and there is a GPU, or a folder for CUDA was named: sees to it that CUDA can
 * still be had later in the same process.
 */
export function leaveRoomForCuda(directory: string | undefined): void {
  if (!POSSIBLE) return;
  try {
    const places = cudaPlaces(directory);
    const complete = PROVIDERS.every((name) => existsSync(join(places.binding, name)));
    if (!complete && mayBeWanted(places)) loadCore(places.binding, []);
  } catch {
    // The device that was asked for needs none of this.
  }
}

function mayBeWanted({ named, packages, driver, system, loaderCache }: CudaPlaces): boolean {
  if (named.length > 0 || packages.length > 0 || existsSync(driver)) return true;
  const library = 'libcuda.so.1';
  return system.some((path) => existsSync(join(path, library))) || inLoaderCache(loaderCache, library) !== undefined;
}
