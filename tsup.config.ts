import { defineConfig } from 'tsup';

export default defineConfig([
  {
    entry: { index: 'src/index.ts' },
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    // `import.meta.url` in the CommonJS build: it locates the workers and the embedded model.
    shims: true,
    clean: true,
    sourcemap: true,
  },
  {
    // Worker threads are started by URL, so one (ESM) build serves both formats.
    entry: { 'engine-worker': 'src/engine/onnx/worker.ts', 'tokenizer-worker': 'src/tokenizer/worker.ts' },
    format: ['esm'],
    target: 'node20',
    sourcemap: true,
  },
]);
