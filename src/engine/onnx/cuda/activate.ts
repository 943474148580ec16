import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CudaLibraries, PROVIDERS } from './find-cuda.ts';

const CORE = 'libonnxruntime.so.1';
/** Linux's flag for a library that stays when it is closed; Node closes what is no addon. */
const RTLD_NODELETE = 0x1000;

/**
 * Makes ONNX Runtime find the libraries, wherever they lie and without LD_LIBRARY_PATH. CUDA's are loaded by path here,
 * and the loader takes them when the provider asks for their names. The providers must lie beside the core: where they do
 * not, the core is loaded through a folder of links to all of them, before onnxruntime-node's binding asks for it.
 *
 * Returns what removes that folder; call it when a session exists, or none could be made.
 */
export function activate({ providers, libraries }: CudaLibraries, binding: string): () => void {
  for (const library of libraries) open(library);
  if (providers === binding) return () => {};
  const folder = mkdtempSync(join(tmpdir(), 'rerankit-ort-'));
  symlinkSync(join(binding, CORE), join(folder, CORE));
  for (const name of PROVIDERS) symlinkSync(join(providers, name), join(folder, name));
  open(join(folder, CORE));
  return () => rmSync(folder, { recursive: true, force: true });
}

function open(library: string): void {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    // The library is in the process, which is all that was wanted of it.
    if (error instanceof Error && error.message.includes('did not self-register')) return;
    throw error;
  }
}
