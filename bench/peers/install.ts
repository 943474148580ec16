import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PEERS } from '../paths.ts';

/** Installs the peers where they are not; neither package fetches or builds anything on its own. */
export async function installPeers(): Promise<void> {
  if (await stat(join(PEERS, 'node_modules', 'node-llama-cpp')).catch(() => undefined)) return;
  console.log('Installing the peers into bench/peers/node_modules, 1.2 GB …');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], {
    cwd: PEERS,
    stdio: 'inherit',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' },
    shell: process.platform === 'win32',
  });
}
