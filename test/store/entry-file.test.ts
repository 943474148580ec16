import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryFile } from '../../src/store/entry-file.ts';
import { rejection } from '../model/hub-setup.ts';
import { scratch } from '../model/scratch.ts';

describe('EntryFile', () => {
  it('aligns sections, fills gaps with zeros and hashes what is on the disk', async () => {
    const folder = await scratch();
    let runs = 0;
    const section = fc.record({
      bytes: fc.uint8Array({ maxLength: 300 }),
      align: fc.constantFrom(undefined, 1, 3, 64, 4096, 100_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(section, { maxLength: 6 }), async (sections) => {
        const path = join(folder, `${runs++}`);
        const file = new EntryFile(await open(path, 'wx'), folder);
        const written = [];
        for (const { bytes, align } of sections) written.push(await file.write(bytes, align ? { align } : {}));
        await file.close();
        const content = await readFile(path);
        expect(file.bytes).toBe(content.length);
        expect(file.closed?.sha256).toBe(createHash('sha256').update(content).digest('hex'));
        let end = 0;
        for (const [index, { offset, byteLength }] of written.entries()) {
          const { bytes, align = 1 } = sections[index] ?? { bytes: new Uint8Array() };
          expect(offset % align).toBe(0);
          expect(content.subarray(end, offset).every((byte) => byte === 0)).toBe(true);
          expect(content.subarray(offset, offset + byteLength).equals(bytes)).toBe(true);
          end = offset + byteLength;
        }
        expect(content.length).toBe(end);
      }),
      { numRuns: 30 },
    );
  });

  it.skipIf(process.platform !== 'linux')('says that the disk is full, and is never whole again', async () => {
    const file = new EntryFile(await open('/dev/full', 'w'), '/srv/cache');
    const error = await rejection(file.write(new Uint8Array(10)));
    expect(error).toMatchObject({ code: 'CACHE_FAILED', message: expect.stringMatching(/\/srv\/cache has no room/) });
    expect((await rejection(file.close())).message).toMatch(/write to this file failed/);
    expect(file.closed).toBeUndefined();
    await file.abandon();
  });

  it('refuses an alignment that is none', async () => {
    const file = new EntryFile(await open(join(await scratch(), 'x'), 'wx'), '');
    for (const align of [0, -4, 1.5, Number.NaN])
      expect(() => file.write(new Uint8Array(1), { align })).toThrow(/align/);
    await file.abandon();
  });
});
