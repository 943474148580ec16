// Packs the library, installs the tarball beside vitest, jest and OpenTelemetry, and runs the examples that need them:
// the tests of examples/testing in each runner, and the bridge to OpenTelemetry.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Tests in each of the three files of examples/testing. */
const TESTS = 5;

const folder = mkdtempSync(join(tmpdir(), 'rerankit-runners-'));
const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_OPTIONS: '', NO_COLOR: '1' };
const run = (command, args, more = {}) => {
  console.log(`$ ${command.split('/').at(-1)} ${args.join(' ')}`);
  const options = { cwd: folder, env: { ...env, ...more.env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  return execFileSync(command, args, { ...options, cwd: more.cwd ?? folder });
};
const installed = (name) =>
  JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
const expect = (name, output, pattern) => {
  if (!pattern.test(output)) throw new Error(`${name} did not print ${pattern}:\n${output}`);
  console.log(`${name}: passed`);
};

try {
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT }),
  );
  cpSync(new URL('./project', import.meta.url), folder, { recursive: true });
  cpSync(join(ROOT, 'examples/testing'), folder, { recursive: true });
  cpSync(join(ROOT, 'examples/opentelemetry.mjs'), join(folder, 'opentelemetry.mjs'));
  run('npm', ['install', '--no-audit', '--no-fund', `./${packed.filename}`]);

  const node = process.execPath;
  const passed = (count) => new RegExp(`^# pass ${count}$`, 'm');
  const byNode = run(node, ['--test', '--test-reporter=tap', 'search.node.test.mjs']);
  expect(`node:test of ${process.version}`, byNode, passed(TESTS));
  const byVitest = run(node, ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', 'search.vitest.test.mjs']);
  expect(`vitest ${installed('vitest')}`, byVitest, new RegExp(`"numPassedTests":${TESTS},`));
  // In its own test files of ESM, and in those of CommonJS: two builds of the library.
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--json', '--silent'];
  const byJest = run(node, jest, { env: { NODE_NO_WARNINGS: '1' } });
  expect(`jest ${installed('jest')}`, byJest, new RegExp(`"numPassedTests":${TESTS + 1},`));

  expect('OpenTelemetry', run(node, ['--test', '--test-reporter=tap', 'opentelemetry.node.test.mjs']), passed(1));
  expect('examples/opentelemetry.mjs', run(node, ['opentelemetry.mjs']), /name: 'rerankit\.rerank'/);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
