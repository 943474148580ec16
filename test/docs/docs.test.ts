import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf, ROOT } from './blocks.ts';
import { hubCacheWith } from './hub-cache.ts';
import { ELSEWHERE } from './pages.ts';

/** Every TypeScript and JavaScript block of the README and of docs/ is type-checked and run. */
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((page) =>
  page.endsWith('.md'),
);
const LANGUAGES = new Set(['ts', 'js', 'mjs']);
/** Inside the repository, so that `rerankit` is this package. */
const FOLDER = join(ROOT, '.cache', 'docs');
const RUNNER = join(ROOT, 'test', 'docs', 'run-page.mjs');
const run = promisify(execFile);
const blocks = PAGES.filter((page) => !Object.hasOwn(ELSEWHERE, page))
  .flatMap(blocksOf)
  .filter(({ language }) => LANGUAGES.has(language));
/** Where the code runs, and may leave files. */
const work = mkdtempSync(join(tmpdir(), 'rerankit-docs-work-'));
const cache = hubCacheWith({
  rerankers: ['Qwen/Qwen3-Reranker-0.6B', 'Qwen/Qwen3-Reranker-4B', 'Qwen/Qwen3-Reranker-8B'],
  crossEncoders: ['cross-encoder/ms-marco-MiniLM-L6-v2'],
  embedders: ['Qwen/Qwen3-Embedding-0.6B'],
});

rmSync(FOLDER, { recursive: true, force: true });
const sources = new Map(blocks.map((block) => [block, write(block)]));
afterAll(() => {
  for (const folder of [cache, work]) rmSync(folder, { recursive: true, force: true });
});

/** As TypeScript for the compiler, and as JavaScript to be run. */
function write({ page, line, code, setup }: Block): string {
  const path = join(FOLDER, `${page}-${line}.mts`);
  const source = `${setup}\n${code}\nexport {};\n`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source);
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  writeFileSync(path.replace(/mts$/, 'mjs'), ts.transpileModule(source, { compilerOptions: options }).outputText);
  return path;
}

describe('code in the documentation', () => {
  it('is found', () => {
    expect(blocks.length).toBeGreaterThan(5);
    for (const page of Object.keys(ELSEWHERE)) expect(PAGES).toContain(page);
  });

  it('agrees with the types', async () => {
    const config = {
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: 'ES2022',
        lib: ['ES2023', 'ESNext.Disposable'],
        module: 'nodenext',
        types: ['node'],
        skipLibCheck: true,
      },
      files: [...sources.values()],
    };
    writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const errors = await run(process.execPath, [compiler, '-p', FOLDER], { cwd: ROOT }).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(errors).toBe('');
  }, 180_000);

  it.each([...new Set(blocks.map(({ page }) => page))])(
    'runs: %s',
    async (page) => {
      const own = [...sources].filter(([block]) => block.page === page);
      const runnable = own.filter(([{ needs }]) => needs === undefined);
      for (const [{ line, needs }] of own) if (needs) console.log(`${page}:${line} was not run: it needs ${needs}.`);
      const files = runnable.map(([, path]) => path.replace(/mts$/, 'mjs'));
      const env = { ...process.env, HF_HUB_CACHE: cache, HF_HUB_OFFLINE: '1' };
      const { stdout } = await run(process.execPath, [RUNNER, ...files], { cwd: work, env });
      expect(stdout.trim().split('\n')).toContain(`All ${files.length} ran.`);
    },
    180_000,
  );
});
