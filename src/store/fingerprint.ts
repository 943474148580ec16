import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 64 << 10;
/** Blocks of a large file that {@link sampleHash} reads: 2 MiB in all, some 2 ms warm. */
const BLOCKS = 32;
const CHUNK_BYTES = 4 << 20;

/**
 * Changes whenever somebody writes to a file or puts another in its place: the time of the last status change (`ctime`)
 * cannot be set by hand. Renaming a folder leaves the stamps of its files alone; copying it does not.
 */
export function stampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size}:${mtimeNs}:${ctimeNs}:${ino}`;
}

/**
 * SHA-256 of a file's first and last 64 KiB and of 30 blocks evenly between, of all of it up to 2 MiB. Finds what
 * stamps cannot: blocks that a power cut, a bad copy of a disk or a bad disk left empty or wrong.
 */
export async function sampleHash(file: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  const last = bytes - BLOCK_BYTES;
  const step = bytes <= BLOCKS * BLOCK_BYTES ? BLOCK_BYTES : last / (BLOCKS - 1);
  for (let index = 0; index * step < bytes && index < BLOCKS; index++) {
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, Math.floor(index * step));
    hash.update(block.subarray(0, bytesRead));
  }
  return hash.digest('hex');
}

/** SHA-256 of all of a file, 4 MiB in memory at a time. */
export async function fullHash(file: FileHandle, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}
