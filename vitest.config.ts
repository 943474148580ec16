import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Style sheets imported as text are not emptied.
    css: { include: [/\?raw$/] },
    globalSetup: ['test/support/cache-folder.ts'],
    // Models are loaded and ranked with: on a busy machine that takes longer than a unit test's five seconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
