import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { neededLibraries } from './elf.ts';
import { type CudaPlaces, expand, inLoaderCache } from './places.ts';
import { CUDA_PROVIDER, providerVersion } from './provider-version.ts';

/** What must lie together; the CUDA one comes last, because it needs the other. */
export const PROVIDERS = ['libonnxruntime_providers_shared.so', CUDA_PROVIDER] as const;

/** All that ONNX Runtime needs to run on an NVIDIA GPU. */
export interface CudaLibraries {
  /** The folder with both provider libraries. */
  readonly providers: string;
  /** The CUDA libraries that the provider needs, in an order in which they can be loaded. */
  readonly libraries: readonly string[];
}

/** The oldest driver of each CUDA version. */
const LEAST_DRIVER: Readonly<Record<string, number>> = { '12': 525, '13': 580 };

/** Finds the libraries, or says what is missing and which commands help. Loads nothing. */
export function findCuda(places: CudaPlaces): CudaLibraries | string {
  const { version, named, binding, packages } = places;
  const folders = [...named.flatMap(expand), binding, ...packages];
  const providers = folders.find((folder) => PROVIDERS.every((name) => existsSync(join(folder, name))));
  if (providers === undefined) return missingProviders(places);
  const other = providerVersion(providers);
  if (other !== undefined && other !== version) {
    return (
      `${join(providers, CUDA_PROVIDER)} belongs to ONNX Runtime ${other}, but onnxruntime-node is ${version}; ` +
      `both must be the same version: ${pip(version)}, or npm install onnxruntime-node@${other}.`
    );
  }
  const needed = neededLibraries(join(providers, CUDA_PROVIDER));
  if (needed === undefined) return `${join(providers, CUDA_PROVIDER)} is no Linux x64 library; install it again.`;
  const cuda = needed.filter((name) => /^lib(?:cu|nv)/.test(name)).sort((a, b) => rank(a) - rank(b));
  const major = cuda.find((name) => name.startsWith('libcudart.so.'))?.slice('libcudart.so.'.length);
  const search = [...named.flatMap(expand), providers, ...places.system];
  const found: string[] = [];
  const missing: string[] = [];
  for (const name of cuda) {
    const folder = search.find((path) => existsSync(join(path, name)));
    const path = folder === undefined ? inLoaderCache(places.loaderCache, name) : join(folder, name);
    if (path === undefined) missing.push(name);
    else found.push(path);
  }
  if (missing.length > 0) return missingLibraries(missing, major, version);
  return driverTooOld(places.driver, major) ?? { providers, libraries: found };
}

/** Libraries that others need come first. */
function rank(name: string): number {
  const order = ['libcuda.', 'libcudart', 'libnvrtc', 'libcublasLt', 'libcublas', 'libcurand', 'libcufft', 'libcudnn'];
  const at = order.findIndex((start) => name.startsWith(start));
  return at === -1 ? order.length : at;
}

function missingProviders({ named, binding, version }: CudaPlaces): string {
  const looked = [...named, binding].map((folder) => `${folder}`).join(' and ');
  return (
    `There is no ${CUDA_PROVIDER} in ${looked}. Get ONNX Runtime's CUDA libraries for version ${version} by one of: ` +
    `(1) ${pip(version)}; (2) ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node; ` +
    '(3) the folder of a copy on this machine in the option cudaLibraryDir or in RERANKIT_ORT_CUDA_DIR.'
  );
}

/** Brings providers and all CUDA libraries in one command; the driver alone must be the system's. */
function pip(version: string): string {
  return (
    `pip install --target ./ort-cuda "onnxruntime-gpu[cuda,cudnn]==${version}" and ` +
    'RERANKIT_ORT_CUDA_DIR=./ort-cuda (CUDA 13)'
  );
}

function missingLibraries(missing: readonly string[], major: string | undefined, version: string): string {
  const parts: string[] = [];
  const driver = missing.filter((name) => name.startsWith('libcuda.'));
  if (driver.length > 0) {
    parts.push(`NVIDIA driver (${driver.join()}): install it, or start the container with --gpus all`);
  }
  const cudnn = missing.filter((name) => name.startsWith('libcudnn'));
  if (cudnn.length > 0) parts.push(`cuDNN (${cudnn.join()}): apt-get install libcudnn9-cuda-${major ?? 13}`);
  const runtime = missing.filter((name) => !driver.includes(name) && !cudnn.includes(name));
  if (runtime.length > 0) {
    const toolkit = major === undefined ? 'the CUDA toolkit' : `CUDA ${major}`;
    parts.push(
      `${toolkit} (${runtime.join(', ')}): ${pip(version)}, or apt-get install cuda-libraries-${major ?? 13}-0 ` +
        'from NVIDIA; a copy elsewhere is found through LD_LIBRARY_PATH or RERANKIT_ORT_CUDA_DIR',
    );
  }
  return `These parts of CUDA are missing. ${parts.join('. ')}.`;
}

function driverTooOld(file: string, major: string | undefined): string | undefined {
  const least = major === undefined ? undefined : LEAST_DRIVER[major];
  if (least === undefined || !existsSync(file)) return undefined;
  const version = /(?:Module|x86_64)\s+(\d+)\.[\d.]+/.exec(readFileSync(file, 'utf8'));
  if (version === null || Number(version[1]) >= least) return undefined;
  return `The NVIDIA driver is ${version[0].split(/\s+/).at(-1)}; CUDA ${major} needs ${least} or newer. Update the driver.`;
}
