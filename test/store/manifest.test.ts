import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatManifest, isFileName, type Manifest, parseManifest } from '../../src/store/manifest.ts';
import { KEY, OTHER } from './setup.ts';

const hash = 'a'.repeat(64);
const file = { name: 'weights.bin', bytes: 12, sha256: hash, sample: hash, stamp: '12:1:1:1' };
const manifest: Manifest = { format: 1, key: KEY, created: '2026-01-01', files: [file], details: { dtype: 'int8' } };
const text = formatManifest(manifest);

describe('the manifest', () => {
  it('reads back what was written', () => {
    expect(parseManifest(text, KEY)).toEqual(manifest);
  });

  it('shows every edit of a character', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 2 }), (at, replacement) => {
        const edited = text.slice(0, at) + replacement + text.slice(at + 1);
        const read = parseManifest(edited, KEY);
        if (typeof read !== 'string') expect(read).toEqual(manifest); // Only the spaces differ.
      }),
      { numRuns: 500 },
    );
  });

  it('shows every truncation', () => {
    for (let length = 0; length < text.length; length++)
      expect(parseManifest(text.slice(0, length), KEY)).toBeTypeOf('string');
  });

  it.each([
    ['another key', text, OTHER, /another key/],
    ['another format', text.replace('"format": 1', '"format": 2'), KEY, /format is 2/],
    ['an array', '[]', KEY, /not a JSON object/],
    ['no JSON', 'GGUF', KEY, /not JSON/],
    ['other fields', '{"format":1}', KEY, /key/],
    ['a changed detail', text.replace('int8', 'int4'), KEY, /edited/],
  ])('refuses %s', (_, content, key, problem) => {
    expect(parseManifest(content, key)).toMatch(problem);
  });

  it.each(['../x', 'a/b', 'a\\b', '..', '.', '', 'C:x', 'x\0', 'manifest.json', 'Manifest.JSON', 'x.', ' x', 'é'])(
    'refuses the file name %j, even where the digest is right',
    (name) => {
      expect(isFileName(name)).toBe(false);
      expect(parseManifest(formatManifest({ ...manifest, files: [{ ...file, name }] }), KEY)).toMatch(/not ours/);
    },
  );

  it('refuses a name that occurs twice, in whatever case', () => {
    const twice = { ...manifest, files: [file, { ...file, name: 'Weights.bin' }] };
    expect(parseManifest(formatManifest(twice), KEY)).toMatch(/twice/);
  });

  it('is not written larger than it would be read', () => {
    expect(() => formatManifest({ ...manifest, details: { table: 'x'.repeat(1 << 20) } })).toThrow(/at most 1048576/);
  });
});
