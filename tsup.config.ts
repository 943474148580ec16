import { defineConfig } from 'tsup';

export default defineConfig([
  {
    entry: { index: 'src/index.ts' },
    format: ['esm', 'cjs'],
    target: 'node20',
    // tsup hands the declaration build a baseUrl, which TypeScript 6 calls deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    // `import.meta.url` in the CommonJS build: it locates the workers and the embedded model.
    shims: true,
    removeNodeProtocol: false,
    clean: true,
    sourcemap: true,
  },
  {
    // Worker threads are started by URL, so one (ESM) build serves both formats.
    entry: { 'engine-worker': 'src/engine/onnx/worker.ts', 'tokenizer-worker': 'src/tokenizer/worker.ts' },
    format: ['esm'],
    removeNodeProtocol: false,
    target: 'node20',
    sourcemap: true,
  },
]);
