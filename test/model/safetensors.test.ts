import { symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RerankitError } from '../../src/errors.ts';
import { embeddedModel } from '../../src/model/embedded.ts';
import { readSafetensors, readShardedSafetensors, readTensorRows } from '../../src/model/safetensors.ts';
import { parseSafetensorsHeader } from '../../src/model/safetensors-header.ts';
import { rejection } from './hub-setup.ts';
import { safetensorsFile, withHeader } from './safetensors-file.ts';
import { scratch } from './scratch.ts';
import { shardedModel, writeFiles } from './tiny-model.ts';

const SOUND = { a: { shape: [2, 3] }, b: { dtype: 'F32', shape: [4] }, c: { dtype: 'F16', shape: [0, 5] } };

async function file(content: Uint8Array): Promise<string> {
  const path = join(await scratch(), 'model.safetensors');
  await writeFile(path, content);
  return path;
}

/** A header of one tensor, with some of its parts replaced. */
const one = (info: object, data = 4) => withHeader(JSON.stringify({ t: { ...info } }), Buffer.alloc(data));
const good = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };

describe('a safetensors file', () => {
  it('tells where its tensors lie, links resolved', async () => {
    const path = await file(safetensorsFile(SOUND));
    const linked = `${path}.link`;
    await symlink(path, linked);
    const tensors = await readSafetensors(linked);
    const start = safetensorsFile(SOUND).length - 28;
    expect(tensors.get('a')).toEqual({
      name: 'a',
      dtype: 'BF16',
      shape: [2, 3],
      file: path,
      offset: start,
      byteLength: 12,
    });
    expect(tensors.get('b')).toMatchObject({ dtype: 'F32', offset: start + 12, byteLength: 16 });
    expect(tensors.get('c')).toMatchObject({ byteLength: 0 });
    expect([...tensors.keys()]).not.toContain('__metadata__');
  });

  it('may name a tensor __proto__', async () => {
    const tensors = await readSafetensors(
      await file(withHeader(`{"__proto__":${JSON.stringify(good)}}`, Buffer.alloc(4))),
    );
    expect([...tensors.keys()]).toEqual(['__proto__']);
  });

  const bad: [string, Uint8Array, RegExp][] = [
    ['empty', Buffer.alloc(0), /only 0 bytes/],
    ['a prefix only', Buffer.alloc(8), /header of 0 bytes/],
    ['an enormous header', Buffer.alloc(100, 0xff), /header of 18446744073709551615 bytes/],
    [
      'a header beyond the end',
      withHeader('{}', Buffer.alloc(0)).subarray(0, 9),
      /truncated: at least 10 bytes expected, 9/,
    ],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid'), /git lfs pull/],
    ['no JSON', withHeader('{"a":', Buffer.alloc(0)), /not UTF-8 JSON/],
    ['bad UTF-8', withHeader(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), Buffer.alloc(0)), /not UTF-8 JSON/],
    ['an array', withHeader('[1]', Buffer.alloc(0)), /does not begin with/],
    ['leading spaces', withHeader('  {}', Buffer.alloc(0)), /does not begin with/],
    ['a name twice', withHeader('{"a":1,"\\u0061":2}', Buffer.alloc(0)), /names "a" twice/],
    ['a key twice', withHeader('{"t":{"dtype":"F32","dtype":"F16"}}', Buffer.alloc(4)), /names "dtype" twice/],
    ['odd metadata', withHeader('{"__metadata__":{"a":1}}', Buffer.alloc(0)), /__metadata__/],
    ['no object', withHeader('{"t":5}', Buffer.alloc(0)), /"t" is described by 5/],
    [
      'an inherited description',
      withHeader('{"t":{"__proto__":{"dtype":"F32"}}}', Buffer.alloc(4)),
      /unknown dtype undefined/,
    ],
    ['an unknown dtype', one({ ...good, dtype: 'F31' }), /unknown dtype "F31"/],
    ['a dtype from Object', one({ ...good, dtype: 'constructor' }), /unknown dtype "constructor"/],
    ['a negative size', one({ ...good, shape: [-1] }), /non-negative/],
    ['a fraction', one({ ...good, shape: [0.5] }), /non-negative/],
    ['a size as text', one({ ...good, shape: ['1'] }), /non-negative/],
    ['too many elements', one({ ...good, shape: [2 ** 40, 2 ** 40] }), /too large/],
    ['another size', one({ ...good, shape: [2] }), /takes 4 bytes, but F32 \[2\] needs 8/],
    ['part of a byte', one({ dtype: 'F4', shape: [1], data_offsets: [0, 1] }, 1), /needs 0.5/],
    ['a reversed range', one({ ...good, data_offsets: [4, 0] }), /no range/],
    ['three offsets', one({ ...good, data_offsets: [0, 4, 4] }), /no range/],
    ['a gap', one({ ...good, data_offsets: [4, 8] }, 8), /gap of 4 bytes/],
    [
      'an overlap',
      withHeader(JSON.stringify({ a: good, b: { ...good, data_offsets: [2, 6] } }), Buffer.alloc(6)),
      /"b" overlaps/,
    ],
    ['too much data', one(good, 5), /accounts for/],
    ['too little data', one(good, 3), /is truncated: \d+ bytes expected, \d+ found/],
  ];
  it.each(bad)('is refused with %s', async (_what, content, message) => {
    const path = await file(content);
    const error = await rejection(readSafetensors(path));
    expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(message) });
    expect(error.message).toContain(path);
  });

  it('is refused when it is not there', async () => {
    expect(await rejection(readSafetensors('/nowhere/x'))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('gives sound entries or a RerankitError, whatever its header holds', () => {
    const sound = safetensorsFile(SOUND);
    const header = sound.subarray(8, sound.length - 28);
    const edit = fc.record({ at: fc.nat(header.length - 1), byte: fc.nat(255), drop: fc.nat(3) });
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '0',
      '-1',
      '1e400',
      '9007199254740993',
      'null',
      '\\u0000',
    );
    const insertion = fc.record({ at: fc.nat(header.length), text: pieces });
    const mutated = fc
      .tuple(fc.array(edit, { maxLength: 4 }), fc.array(insertion, { maxLength: 3 }))
      .map(([edits, texts]) => {
        let bytes = Buffer.from(header);
        for (const { at, byte } of edits) bytes[at] = byte;
        for (const { at, text } of texts) {
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]);
        }
        for (const { at, drop } of edits) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + drop)]);
        return bytes;
      });
    fc.assert(
      fc.property(mutated, fc.integer({ min: -30, max: 30 }), (bytes, more) => {
        const size = 8 + bytes.length + 28 + more;
        try {
          let end = 8 + bytes.length;
          const entries = parseSafetensorsHeader(bytes, size, 'x');
          for (const entry of entries.toSorted((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)) {
            expect(entry.offset).toBe(end);
            end += entry.byteLength;
          }
          expect(end).toBe(size);
        } catch (error) {
          if (!RerankitError.isInstance(error, 'MODEL_INVALID')) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('gives a RerankitError for JSON of any form', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const bytes = Buffer.from(`{"t":${json}}`);
        expect(() => parseSafetensorsHeader(bytes, 8 + bytes.length, 'x')).toThrow(RerankitError);
      }),
    );
  });

  it('reads the embedded model', async () => {
    const { weights } = await embeddedModel();
    const tensors = await readSafetensors(weights[0] ?? '');
    expect(tensors.get('model.embed_tokens.weight')).toMatchObject({ dtype: 'I8', shape: [32768, 384] });
  });
});

describe('sharded weights', () => {
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
  const index = 'model.safetensors.index.json';
  const sharded = async (change: Record<string, Buffer | string> = {}) => {
    const folder = await scratch();
    await writeFiles(folder, { ...shardedModel(), ...change });
    return readShardedSafetensors(
      join(folder, index),
      shards.map((shard) => join(folder, shard)),
    );
  };

  it('are one map', async () => {
    const tensors = await sharded();
    expect(tensors.get('model.embed_tokens.weight')?.file).toContain(shards[0]);
    expect(tensors.get('model.layers.0.input_layernorm.weight')?.file).toContain(shards[1]);
  });

  it('are refused when the index is wrong about them', async () => {
    const wrong = JSON.stringify({ weight_map: { 'model.norm.weight': shards[0], other: shards[1] } });
    const error = await rejection(sharded({ [index]: wrong }));
    expect(error).toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/tensor "(other|model.norm.weight)" is in/),
    });
  });

  it.each(['{}', '[]', '{"weight_map":{}}', '{"weight_map":{"a":5}}', '{"weight_map":{"a":"x.bin"}}', 'no'])(
    'are refused with the index %s',
    async (text) => {
      expect(await rejection(sharded({ [index]: text }))).toMatchObject({ code: 'MODEL_INVALID' });
    },
  );

  it.each(['../a', '/a', 'b/../../a', 'C:/a', 'a\\b', './a', 'a//b', 'a\u0000b'])(
    'do not leave the folder: %j',
    async (name) => {
      const text = JSON.stringify({ weight_map: { a: `${name}.safetensors` } });
      const error = await rejection(sharded({ [index]: text }));
      expect(error).toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining('beside it') });
    },
  );
});

describe('rows of a tensor', () => {
  const values = [0, 1, -2, 0.5, 3, -0.25];
  const f32 = new Uint8Array(Float32Array.from(values).buffer);
  /** These values have their 16 upper bits only. */
  const bf16 = Buffer.concat(values.map((_value, place) => Buffer.from(f32.subarray(place * 4 + 2, place * 4 + 4))));
  const f16 = Buffer.from(Uint16Array.from([0, 0x3c00, 0xc000, 0x3800, 0x4200, 0xb400]).buffer);

  it.each([
    ['F32', f32],
    ['BF16', bf16],
    ['F16', f16],
  ])('are read from %s in the order asked for', async (dtype, data) => {
    const path = await file(safetensorsFile({ x: { shape: [3] }, t: { dtype, shape: [3, 2], data } }));
    const location = (await readSafetensors(path)).get('t');
    if (location === undefined) throw new Error('lost');
    expect([...(await readTensorRows(location, [2, 0, 2]))]).toEqual([3, -0.25, 0, 1, 3, -0.25]);
    expect(await readTensorRows(location, [])).toEqual(new Float32Array());
    for (const row of [-1, 3, 0.5]) {
      expect(await rejection(readTensorRows(location, [row]))).toMatchObject({ code: 'MODEL_INVALID' });
    }
    await truncate(path, location.offset + 3);
    expect(await rejection(readTensorRows(location, [1]))).toMatchObject({
      message: expect.stringMatching(/truncated/),
    });
  });

  it('are not read from other types', async () => {
    const path = await file(safetensorsFile({ t: { dtype: 'F64', shape: [1] } }));
    const location = (await readSafetensors(path)).get('t');
    if (location === undefined) throw new Error('lost');
    expect(await rejection(readTensorRows(location, [0]))).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });
});
