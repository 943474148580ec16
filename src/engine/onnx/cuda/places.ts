import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';

/** Where the parts of CUDA are looked for. Tests make their own. */
export interface CudaPlaces {
  /** The folder of onnxruntime-node's binding. */
  readonly binding: string;
  /** The version of onnxruntime-node: provider libraries must be of the same one. */
  readonly version: string;
  /** Folders the user named, in the option or in `RERANKIT_ORT_CUDA_DIR`. */
  readonly named: readonly string[];
  /** Folders of packages that carry provider libraries. */
  readonly packages: readonly string[];
  /** Folders in which the system's loader looks for libraries. */
  readonly system: readonly string[];
  /** The loader's own list. */
  readonly loaderCache: string;
  /** What the kernel's driver says of itself. */
  readonly driver: string;
}

/** An npm package that brings provider libraries; one day they may be onnxruntime-node's own. */
const CARRIER = 'com.github.asus4.onnxruntime.linux-x64-gpu';

const SYSTEM_FOLDERS = [
  '/usr/local/cuda/lib64',
  '/usr/local/cuda/targets/x86_64-linux/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/lib/x86_64-linux-gnu',
  '/usr/lib64',
  '/usr/lib/wsl/lib',
  '/usr/local/nvidia/lib64',
];

/** The places of this machine. `directory` is the user's option. */
export function cudaPlaces(directory: string | undefined): CudaPlaces {
  const require = createRequire(import.meta.url);
  const root = dirname(dirname(require.resolve('onnxruntime-node')));
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = directory ?? process.env['RERANKIT_ORT_CUDA_DIR'] ?? '';
  return {
    binding: join(root, 'bin', 'napi-v6', process.platform, process.arch),
    version,
    named: split(named),
    packages: carrierFolders(require),
    system: [...split(process.env['LD_LIBRARY_PATH'] ?? ''), ...SYSTEM_FOLDERS],
    loaderCache: '/etc/ld.so.cache',
    driver: '/proc/driver/nvidia/version',
  };
}

function carrierFolders(require: NodeJS.Require): string[] {
  try {
    return [join(dirname(require.resolve(`${CARRIER}/package.json`)), 'Plugins', 'Linux', 'x64')];
  } catch {
    return [];
  }
}

function split(paths: string): string[] {
  return paths.split(delimiter).flatMap((path) => (path === '' ? [] : [resolve(path)]));
}

/**
 * The folders in and below a named one that hold libraries. It may be the folder itself, or one that `pip install --target`
 * filled (or a `site-packages`), where they lie in `onnxruntime/capi` and `nvidia/…/lib`.
 */
export function expand(folder: string): string[] {
  const nvidia = join(folder, 'nvidia');
  const parts = existsSync(nvidia) ? readdirSync(nvidia).map((part) => join(nvidia, part, 'lib')) : [];
  return [folder, join(folder, 'onnxruntime', 'capi'), ...parts].filter((path) => existsSync(path));
}

/** Where the system's loader would find `library`, by its cache; the paths are in it as they are. */
export function inLoaderCache(cache: string, library: string): string | undefined {
  if (!existsSync(cache)) return undefined;
  const text = readFileSync(cache, 'latin1');
  for (let at = text.indexOf(`/${library}\0`); at !== -1; at = text.indexOf(`/${library}\0`, at + 1)) {
    const path = text.slice(text.lastIndexOf('\0', at) + 1, at + 1 + library.length);
    if (existsSync(path)) return path;
  }
  return undefined;
}
