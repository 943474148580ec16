import { join } from 'node:path';
import { loadCore, openLibrary } from './core-folder.ts';
import { type CudaLibraries, PROVIDERS } from './find-cuda.ts';

/**
 * Makes ONNX Runtime find the libraries, wherever they lie and without LD_LIBRARY_PATH. CUDA's are loaded by path here,
 * and the loader takes them when the provider asks for their names. The providers must lie beside the core: where they do
 * not, the core is loaded through a folder of links to all of them, before onnxruntime-node's binding asks for it.
 */
export function activate({ providers, libraries }: CudaLibraries, binding: string): void {
  for (const library of libraries) openLibrary(library);
  if (providers === binding) return;
  const paths = PROVIDERS.map((name) => join(providers, name));
  loadCore(binding, paths);
}
