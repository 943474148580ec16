// Packs the library, installs the tarball beside the clients of hosted services, and runs those against `serve`.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'rerankit-clients-'));
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_OPTIONS: '', NO_COLOR: '1' };
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
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional', `./${filename}`]);
  console.log(run(process.execPath, ['--test', '--test-reporter=spec', 'clients.node.test.mjs']));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
