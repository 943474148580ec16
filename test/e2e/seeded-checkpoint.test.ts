import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { goldenCheckpoints, withTemporaryFolder } from './golden-files.ts';

describe('seeded checkpoints', () => {
  for (const { name, spec, sha256 } of goldenCheckpoints) {
    if (spec === undefined) continue;
    it(`${name} has the bytes of its numpy twin`, { timeout: 60_000 }, async () => {
      await withTemporaryFolder(async (folder) => {
        const hashes: Record<string, string> = {};
        for (const file of await writeSeededCheckpoint(folder, spec)) {
          hashes[file] = createHash('sha256')
            .update(await readFile(join(folder, file)))
            .digest('hex');
        }
        expect(hashes).toEqual(sha256);
      });
    });
  }
});
