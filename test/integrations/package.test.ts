import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SUBPATHS = ['ai-sdk', 'genkit', 'langchain', 'llamaindex', 'mastra'];

const IMPORT = /(?:from|import|require\()\s*["']([^"']+)["']/g;

/** What a built file imports, itself and through its own files: other packages, and the bytes of all files. */
function closure(file: string, seen = new Set<string>()): { packages: string[]; bytes: number } {
  if (seen.has(file)) return { packages: [], bytes: 0 };
  seen.add(file);
  const code = readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\//gs, '');
  const names = [...code.matchAll(IMPORT)].map(([, name = '']) => name);
  const parts = names
    .filter((name) => name.startsWith('.'))
    // Declarations import what will be a .js file.
    .map((name) =>
      closure(join(dirname(file), file.includes('.d.') ? name.replace(/\.(c?)js$/, '.d.$1ts') : name), seen),
    );
  return {
    packages: [...names.filter((name) => !name.startsWith('.')), ...parts.flatMap(({ packages }) => packages)],
    bytes: code.length + parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

test('what follows imports sees them', () => {
  expect(closure(join(ROOT, 'dist/index.js')).packages).toContain('p-queue');
});

test.each(SUBPATHS.flatMap((name) => [`${name}.js`, `${name}.cjs`]))(
  'dist/%s is small and needs nothing else',
  (file) => {
    const { packages, bytes } = closure(join(ROOT, 'dist', file));
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
    expect(bytes).toBeLessThan(20_000);
  },
);

test.each(SUBPATHS.flatMap((name) => [`${name}.d.ts`, `${name}.d.cts`]))(
  'dist/%s needs the types of no framework',
  (file) => {
    expect(closure(join(ROOT, 'dist', file)).packages).toEqual([]);
  },
);

test.each([...SUBPATHS, 'embedding'])('rerankit/%s gives the same by import and by require', async (name) => {
  const required: object = createRequire(join(ROOT, 'package.json'))(`rerankit/${name}`);
  const imported: object = await import(join(ROOT, 'dist', `${name}.js`));
  expect(Object.keys(required).sort()).toEqual(Object.keys(imported).sort());
  expect(Object.keys(imported)).not.toEqual([]);
});
