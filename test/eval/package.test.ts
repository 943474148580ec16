import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);

describe.each(['eval', 'pipeline'])('rerankit/%s', (name) => {
  it('gives the same by import and by require', async () => {
    const required: object = require(`rerankit/${name}`);
    const imported: object = await import(fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url)));
    expect(Object.keys(required).sort()).toEqual(Object.keys(imported).sort());
    expect(Object.keys(imported)).not.toEqual([]);
  });
});
