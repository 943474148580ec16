// Uses the adapters with the real frameworks: packs the library, installs the tarball, and beside it each framework in each
// major that is alive. The framework's types must accept the adapter, and its code must work with it; the example and the
// code in docs/integrations.md must run with the newest. `node test/integrations/run.mjs NAME…` checks only these.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { otherNode } from '../support/other-node.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROJECT = fileURLToPath(new URL('./project', import.meta.url));
/** Kept between runs, so that frameworks are installed again only when their lockfile changes. */
const FOLDER = join(ROOT, '.cache', 'integrations');
/** For frameworks that need a later Node than the one that runs this. */
const LATER_NODE = '22.13.0';

const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
const run = (command, args, cwd) => {
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    console.error(error.stdout);
    throw new Error(`${command} ${args.join(' ')} failed in ${cwd} (${error.status ?? error.signal})`);
  }
};
const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
const install = (cwd, ...args) =>
  run('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], cwd);

const all = readdirSync(PROJECT).filter((name) => existsSync(join(PROJECT, name, 'package.json')));
const names = process.argv.length > 2 ? process.argv.slice(2) : all;

installLibrary();
let later;
let untested = 0;
for (const name of names) {
  const { engines, rerankit } = readJson(PROJECT, name, 'package.json');
  const node = nodeFor(engines.node);
  if (node === undefined) {
    untested++;
    console.log(`NOT TESTED: ${name}, which needs Node ${engines.node}`);
    continue;
  }
  const programs = check(name, rerankit, node);
  const version = run(node, ['--version']).trim();
  console.log(`${name}: ${programs.join(', ')} on Node ${version}`);
}
if (untested === names.length) process.exitCode = 1;

/** The library from its tarball, and the compiler, above all projects. */
function installLibrary() {
  mkdirSync(FOLDER, { recursive: true });
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', FOLDER], ROOT),
  );
  const { typescript } = readJson(ROOT, 'package.json').devDependencies;
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ name: 'integrations', private: true, type: 'module' }));
  rmSync(join(FOLDER, 'node_modules', 'rerankit'), { recursive: true, force: true });
  rmSync(join(FOLDER, 'package-lock.json'), { force: true });
  install(FOLDER, 'install', '--no-package-lock', `./${filename}`, `typescript@${typescript}`, '@types/node@20');
}

/** Compiles and runs what there is for one framework; names of the programs. */
function check(name, { subpath, current }, node) {
  const folder = join(FOLDER, name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(PROJECT, name), folder, { recursive: true });
  cpSync(join(PROJECT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  cpSync(join(PROJECT, 'checks', `${subpath}.ts`), join(folder, 'check.ts'));
  installLocked(folder);

  const programs = ['check.js'];
  if (current) {
    writeFileSync(join(folder, 'docs.ts'), codeInDocs(subpath));
    for (const part of ['corpus.json', 'integrations']) {
      cpSync(join(ROOT, 'examples', part), join(folder, 'examples', part), { recursive: true });
    }
    programs.push('docs.js', join('examples', 'integrations', `${subpath}.mjs`));
  }
  run(process.execPath, [join(FOLDER, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], folder);
  for (const program of programs) {
    const output = run(node, [program], folder).trim();
    const good = program === 'check.js' ? output.endsWith('ranked') : output.length > 20;
    if (!good) throw new Error(`${program} of ${name} printed ${JSON.stringify(output)}`);
  }
  return programs;
}

function installLocked(folder) {
  const stamp = join(folder, 'node_modules', '.installed');
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  install(folder, 'ci');
  writeFileSync(stamp, hash);
}

/** The one code block of docs/integrations.md that imports a subpath. */
function codeInDocs(subpath) {
  const blocks = readFileSync(join(ROOT, 'docs', 'integrations.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms);
  const own = [...blocks].map(([, code]) => code).filter((code) => code.includes(`'rerankit/${subpath}'`));
  if (own.length !== 1) throw new Error(`docs/integrations.md has ${own.length} blocks with rerankit/${subpath}`);
  return own[0];
}

/** A binary of Node that a range such as >=22.13.0 takes: this one, else a later one if it can be had. */
function nodeFor(range) {
  if (satisfies(process.versions.node, range)) return process.execPath;
  if (later === undefined && satisfies(LATER_NODE, range)) later = otherNode('22', FOLDER) ?? null;
  return later ?? undefined;
}

function satisfies(version, range) {
  const parts = (text) => text.split('.').map(Number);
  const [own, least] = [parts(version), parts(range.replace('>=', ''))];
  const at = own.findIndex((part, index) => part !== least[index]);
  return at === -1 || own[at] > least[at];
}
