import { defineConfig } from 'tsup';

// Node 20 runs no TypeScript, so it is bundled first. It evaluates the built library, as its users have it.
export default defineConfig({
  entry: { run: 'eval/run.ts' },
  outDir: '.cache/eval',
  format: ['esm'],
  target: 'node20',
  external: ['rerankit'],
  removeNodeProtocol: false,
  splitting: false,
  silent: true,
});
