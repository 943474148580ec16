import { defineConfig } from 'tsup';

// Node 20 runs no TypeScript, so the bench is bundled first. It measures the built library, as its users have it.
export default defineConfig({
  entry: {
    run: 'bench/run.ts',
    'attention-cost': 'bench/attention-cost.ts',
    'measure-workload': 'bench/measure-workload.ts',
    'measure-matmul': 'bench/measure-matmul.ts',
    cuda: 'bench/cuda.ts',
    'serve-load': 'bench/serve-load.ts',
    'long-documents': 'bench/long-documents.ts',
    'run-peers': 'bench/peers/run.ts',
    'measure-rerankit': 'bench/peers/measure-rerankit.ts',
    'measure-embedder': 'bench/peers/measure-embedder.ts',
  },
  // Two levels below the repository, like the modules of test/support that are bundled with it and look for the
  // tokenizer from there.
  outDir: '.cache/bench',
  format: ['esm'],
  target: 'node20',
  external: ['rerankit', 'rerankit/embedding'],
  removeNodeProtocol: false,
  splitting: false,
  silent: true,
});
