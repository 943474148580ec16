import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { scratch } from '../../model/scratch.ts';

const run = promisify(execFile);
const LIBRARY = new URL('../../../dist/index.js', import.meta.url).href;

/** Runs a script of a process of its own whose temporary files are in `folder`. */
async function child(folder: string, script: string): Promise<{ stdout: string; stderr: string }> {
  const source = `import { Reranker } from ${JSON.stringify(LIBRARY)};
    import { existsSync, mkdirSync, readdirSync } from 'node:fs';
    const folder = ${JSON.stringify(folder)} + '/rerankit-ort-' + process.pid;
    ${script}`;
  const env = { ...process.env, TMPDIR: folder, RERANKIT_ORT_CUDA_DIR: folder };
  return run(process.execPath, ['--input-type=module', '-e', source], {
    env,
    cwd: new URL('.', LIBRARY),
    timeout: 60_000,
  });
}

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('after a model on the CPU', () => {
  test('ONNX Runtime looks for providers in a folder of ours, which the process takes along when it ends', async () => {
    const folder = await scratch();
    const { stdout, stderr } = await child(
      folder,
      `const reranker = await Reranker.load(undefined, { device: 'cpu' });
       console.log(folder, readdirSync(folder).join());
       // Fails for want of the libraries: the log says where they were looked for.
       const { InferenceSession } = await import('onnxruntime-node');
       await InferenceSession.create(new Uint8Array(), { executionProviders: ['cuda'] }).catch(() => {});
       await reranker.dispose();`,
    );
    const [path = '', names] = stdout.trim().split(' ');
    expect(names).toBe('libonnxruntime.so.1');
    expect(stderr).toContain(join(path, 'libonnxruntime_providers_shared.so'));
    expect(existsSync(path)).toBe(false);
  }, 60_000);

  test('a folder of that name which others can write to is not used', async () => {
    const folder = await scratch();
    const { stdout } = await child(
      folder,
      `mkdirSync(folder);
       await (await Reranker.load(undefined, { device: 'cpu' })).dispose();
       console.log(readdirSync(folder).length);`,
    );
    expect(stdout.trim()).toBe('0');
  }, 60_000);

  test('nor is a link of that name', async () => {
    const folder = await scratch();
    await mkdir(join(folder, 'elsewhere'), { mode: 0o700 });
    await symlink('elsewhere', join(folder, 'link'));
    const { stdout } = await child(
      folder,
      `import { renameSync } from 'node:fs';
       renameSync(${JSON.stringify(join(folder, 'link'))}, folder);
       await (await Reranker.load(undefined, { device: 'cpu' })).dispose();
       console.log(readdirSync(folder).length);`,
    );
    expect(stdout.trim()).toBe('0');
  }, 60_000);
});
