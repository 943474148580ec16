import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryKey, identifySource, type Json, type JsonRecord, processorIdentity } from '../../src/store/index.ts';
import { canonicalJson } from '../../src/store/json.ts';
import { scratch } from '../model/scratch.ts';

const record = () => fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>);

/** The same value with the keys of every object in reverse order. */
function reversed(value: Json | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => reversed(item) ?? null);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reversed(item)]),
  );
}

describe('entryKey', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(fc.property(record(), (parts) => entryKey(reversed(parts) as JsonRecord) === entryKey(parts)));
  });

  it('writes JSON that reads back as the same value', () => {
    fc.assert(
      fc.property(record(), (parts) => {
        expect(JSON.parse(canonicalJson(parts))).toEqual(normal(parts));
      }),
    );
  });

  it('differs with every value, type and place', () => {
    const parts: JsonRecord[] = [
      {},
      { a: 1 },
      { a: '1' },
      { a: [1] },
      { b: 1 },
      { a: null },
      { a: { b: 1 } },
      { a: 'b:1' },
    ];
    expect(new Set(parts.map(entryKey)).size).toBe(parts.length);
    expect(entryKey({ a: 1, b: undefined })).toBe(entryKey({ a: 1 }));
    expect(entryKey({ a: 1 })).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses what JSON would change silently', () => {
    const date = new Date() as unknown as Json;
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, date, new Uint8Array(2) as unknown as Json]) {
      expect(() => entryKey({ value })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });
});

describe('identities', () => {
  it('tell a source from its next version', async () => {
    const path = join(await scratch(), 'model.safetensors');
    await writeFile(path, 'first');
    await utimes(path, 1, 1);
    const first = await identifySource(path);
    expect(first).toMatchObject({ bytes: 5, modifiedNs: '1000000000' });
    expect(await identifySource(path)).toEqual(first);
    await writeFile(path, 'other');
    await utimes(path, 1, 1);
    expect(await identifySource(path)).not.toEqual(first);
  });

  it('name the processor, always in the same way', async () => {
    expect(await processorIdentity()).toContain(process.arch);
    expect(await processorIdentity()).toBe(await processorIdentity());
  });
});

/** What JSON makes of negative zero and of prototypes. */
function normal(value: JsonRecord): unknown {
  return JSON.parse(JSON.stringify(value));
}
