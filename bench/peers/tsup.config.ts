import { defineConfig } from 'tsup';

// Beside the packages they measure, so that Node finds those. All else is inside.
export default defineConfig({
  entry: {
    'measure-llama': 'bench/peers/measure-llama.ts',
    'measure-transformers': 'bench/peers/measure-transformers.ts',
    'measure-features': 'bench/peers/measure-features.ts',
  },
  outDir: 'bench/peers/build',
  format: ['esm'],
  target: 'node20',
  noExternal: [/.*/],
  removeNodeProtocol: false,
  splitting: false,
  silent: true,
});
