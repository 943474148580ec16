import { execFileSync } from 'node:child_process';
import { cp, mkdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { CACHE, PEERS, ROOT } from '../paths.ts';

/** Binaries for other systems, for GPUs and for browsers; sources; types. */
const NEEDLESS = [
  /@node-llama-cpp\/(?!PLATFORM-ARCH$)[^/]+$/,
  /\/onnxruntime-web$/,
  /\/node-llama-cpp\/llama\/gitRelease\.bundle$/,
  /\/onnxruntime-node\/bin\/napi-v\d+\/(?!PLATFORM$)[^/]+$/,
  /\/onnxruntime-node\/bin\/napi-v\d+\/PLATFORM\/(?!ARCH$)[^/]+$/,
  /\/@huggingface\/transformers\/(src|types)$/,
  /\.(map|d\.ts|d\.cts|d\.mts)$/,
].map(({ source }) => new RegExp(source.replaceAll('PLATFORM', process.platform).replaceAll('ARCH', process.arch)));

/** Copies the built library, the bench, and all packages they need at run time, for machines of the same kind. */
export async function prepare(folder: string): Promise<void> {
  const dependencies = execFileSync('npm', ['ls', '--all', '--omit=dev', '--parseable'], {
    cwd: ROOT,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const packages = dependencies.split('\n').filter((path) => path.includes(`${sep}node_modules${sep}`));
  const bundles = [
    'run-peers.js',
    'measure-rerankit.js',
    'measure-embedder.js',
    'run.js',
    'measure-workload.js',
    'measure-matmul.js',
  ];
  await copy([
    join(ROOT, 'package.json'),
    join(ROOT, 'dist'),
    join(ROOT, 'models', 'default'),
    ...packages,
    ...bundles.map((file) => join(CACHE, file)),
    join(PEERS, 'package.json'),
    join(PEERS, 'build'),
    join(PEERS, 'node_modules'),
  ]);
  console.log(`Ready: copy ${folder} to a machine with ${process.platform} ${process.arch} and the same version of`);
  console.log(`Node, and run there: node ${join(folder, relative(ROOT, CACHE), 'run-peers.js')} --help`);

  async function copy(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      if (!(await stat(path).catch(() => undefined))) throw new Error(`${path} is missing`);
      const target = join(folder, relative(ROOT, path));
      await mkdir(join(target, '..'), { recursive: true });
      await cp(path, target, { recursive: true, filter: (from) => isNeeded(relative(ROOT, from)) });
    }
  }
}

function isNeeded(path: string): boolean {
  const slashed = path.split(sep).join('/');
  // Both have the same version of it: one copy is enough.
  if (slashed.startsWith('bench/peers/node_modules/onnxruntime-')) return false;
  return !NEEDLESS.some((pattern) => pattern.test(slashed));
}
