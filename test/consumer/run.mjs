// Packs the library, installs the tarball into an empty project, and uses it there as its users do: from ESM, from
// CommonJS, from TypeScript under nodenext, on every supported Node that can be had.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { otherNode } from '../support/other-node.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROJECT = fileURLToPath(new URL('./project', import.meta.url));
const OTHER_NODES = ['22', '24'];

// A path that is not its own URL: spaces, # and %41 must survive in both builds.
const folder = mkdtempSync(join(tmpdir(), 'rerankit consumer #1 %41-'));
// A consumer has no .npmrc of ours: see "Installing" in the README.
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
const run = (command, args, cwd = folder) => {
  console.log(`$ ${command.split('/').at(-1)} ${args.join(' ')}`);
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
};

try {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT));
  const tarball = join(folder, packed.filename);
  console.log(`${packed.filename}: ${(statSync(tarball).size / 1e6).toFixed(1)} MB, ${packed.entryCount} files`);

  cpSync(PROJECT, folder, { recursive: true });
  const { typescript } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    `./${packed.filename}`,
    `typescript@${typescript}`,
    '@types/node@20',
  ]);
  run('npx', ['tsc', '-p', '.']);

  const nodes = [process.execPath, ...OTHER_NODES.flatMap((version) => otherNode(version, folder) ?? [])];
  for (const node of nodes) {
    const version = run(node, ['--version']).trim();
    for (const script of ['esm.mjs', 'commonjs.cjs', 'in-worker.mjs', 'typescript.js']) {
      const output = run(node, [join(folder, script)]).trim();
      if (!output.endsWith('ranked')) throw new Error(`${script} on Node ${version} printed ${output}`);
    }
    console.log(`ESM, CommonJS, worker thread and TypeScript rank on Node ${version}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
