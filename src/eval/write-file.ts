import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from './file-error.ts';

/** Pieces are gathered to so many characters before they are written. */
const PIECE = 2 ** 16;

/**
 * Writes a file as a whole or not at all: under another name in its folder, which is made if need be, and then renamed.
 * Rejects with `FILE_FAILED`, or as `parts` does.
 */
export async function writeFileAtomically(
  path: string,
  parts: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    try {
      await using file = await open(unfinished, 'wx');
      let piece = '';
      for await (const part of parts) {
        piece += part;
        if (piece.length < PIECE) continue;
        await file.appendFile(piece);
        piece = '';
      }
      await file.appendFile(piece);
      await file.sync();
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    await rename(unfinished, path);
  } catch (error) {
    throw fileError('write', path, error);
  }
}
