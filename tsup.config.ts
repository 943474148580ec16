import { defineConfig, type Options } from 'tsup';

const common: Options = { target: 'node20', sourcemap: true, removeNodeProtocol: false };

export default defineConfig([
  {
    ...common,
    entry: { index: 'src/index.ts' },
    format: 'esm',
    // tsup hands the declaration build a baseUrl, which TypeScript 6 calls deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  },
  {
    ...common,
    entry: { index: 'src/index.ts' },
    format: 'cjs',
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    // `import.meta.url` in CommonJS: it locates the workers and the embedded model.
    shims: true,
    // An ES module only, which `require` gives in another shape than `import` does.
    noExternal: ['p-queue'],
    banner: {
      js: '/*! With p-queue, p-timeout (Sindre Sorhus) and eventemitter3 (Arnout Kazemier), all under the MIT licence. */',
    },
  },
  {
    // Worker threads are started by URL, so one (ESM) build serves both formats.
    ...common,
    entry: { 'engine-worker': 'src/engine/onnx/worker.ts', 'tokenizer-worker': 'src/tokenizer/worker.ts' },
    format: 'esm',
  },
]);
