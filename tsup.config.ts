import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { defineConfig, type Options } from 'tsup';

/** `import text from './file.js?raw'` gives the file's text, here without comments and spare blanks. Vite knows it by itself. */
const rawText: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'raw-text',
  setup({ onResolve, onLoad, esbuild }) {
    onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      namespace: 'raw-text',
    }));
    onLoad({ filter: /./, namespace: 'raw-text' }, async ({ path }) => {
      const file = path.replace(/\?raw$/, '');
      return { contents: await small(file), loader: 'text', watchFiles: [file] };
    });

    async function small(file: string): Promise<string> {
      const text = await readFile(file, 'utf8');
      const loader = ({ '.js': 'js', '.css': 'css' } as const)[extname(file)];
      if (loader === undefined) return text.replace(/^ +/gm, '');
      return (await esbuild.transform(text, { loader, minify: true, charset: 'utf8', format: 'esm' })).code;
    }
  },
};

const common: Options = { target: 'node20', sourcemap: true, removeNodeProtocol: false, esbuildPlugins: [rawText] };
// tsup hands the declaration build a baseUrl, which TypeScript 6 calls deprecated.
const dts = { compilerOptions: { ignoreDeprecations: '6.0' } };

/** What users import, by its name in dist/; each is a subpath in the exports of package.json. */
const entry = {
  index: 'src/index.ts',
  embedding: 'src/embedding/index.ts',
  'ai-sdk': 'src/integrations/ai-sdk/index.ts',
  eval: 'src/eval/index.ts',
  genkit: 'src/integrations/genkit.ts',
  langchain: 'src/integrations/langchain/index.ts',
  llamaindex: 'src/integrations/llamaindex.ts',
  mastra: 'src/integrations/mastra.ts',
  pipeline: 'src/pipeline/index.ts',
  server: 'src/server/index.ts',
  testing: 'src/testing/index.ts',
};

export default defineConfig([
  // The command is no module to be imported: it has no types and no CommonJS.
  { ...common, entry: { ...entry, cli: 'src/cli/main.ts' }, format: 'esm', dts: { ...dts, entry } },
  {
    ...common,
    entry,
    format: 'cjs',
    // One class for all entries. tsup splits CommonJS by way of Rollup, or else of an old syntax that is slower.
    splitting: true,
    treeshake: true,
    dts,
    // ES modules only, which `require` gives in another shape than `import` does, or not at all. See THIRD-PARTY-LICENSES.
    noExternal: ['p-queue', 'srvx'],
    esbuildOptions(options) {
      // It locates the workers and the embedded model. tsup's own stand-in is wrong in folders with a # in their name.
      options.define = { ...options.define, 'import.meta.url': '__importMetaUrl' };
      options.banner = { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" };
    },
  },
  {
    // Worker threads are started by URL, so one (ESM) build serves both formats.
    ...common,
    entry: {
      'engine-worker': 'src/engine/onnx/worker.ts',
      'export-worker': 'src/engine/onnx-export/worker.ts',
      'tokenizer-worker': 'src/tokenizer/worker.ts',
    },
    format: 'esm',
  },
]);
