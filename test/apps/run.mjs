// Packs the library, installs the tarball beside the frameworks of examples/apps, and runs those examples there; that of
// Next.js is checked by its types.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'rerankit-apps-'));
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_OPTIONS: '', NO_COLOR: '1' };
const json = (directory) => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
const run = (command, args, cwd = folder) => {
  console.log(`$ ${command.split('/').at(-1)} ${args.join(' ')}`);
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    console.error(error.stdout);
    throw new Error(`${command} failed (${error.status ?? error.signal})`);
  }
};

try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT),
  );
  cpSync(new URL('./project', import.meta.url), folder, { recursive: true });
  for (const name of ['docs', 'examples/apps', 'examples/corpus.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  const { typescript } = json(ROOT).devDependencies;
  // Its native part is an optional dependency, one for each platform.
  const lancedb = `@lancedb/lancedb-${process.platform}-${process.arch}${{ linux: '-gnu', win32: '-msvc' }[process.platform] ?? ''}`;
  const native = `${lancedb}@${json(folder).dependencies['@lancedb/lancedb']}`;
  const packages = [`./${filename}`, `typescript@${typescript}`, '@types/node@20', native];
  // Neither images nor a compiler of Next.js are needed for its types.
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional', ...packages]);

  console.log(run(process.execPath, ['--test', '--test-reporter=spec', 'apps.node.test.mjs']));
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  console.log('The route handler of Next.js agrees with its types.');
  const ranked = run(join(folder, 'node_modules', '.bin', 'rerankit'), [
    'rank',
    'install CUDA',
    'docs/cuda.md',
    '-n',
    '1',
  ]);
  if (JSON.parse(ranked).source !== 'docs/cuda.md') throw new Error(`rerankit printed ${ranked}`);
  console.log('The installed command ranks.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
