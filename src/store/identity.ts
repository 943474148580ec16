import { createHash } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import { arch, cpus, endianness, platform } from 'node:os';
import { fullHash } from './fingerprint.ts';

/** A safetensors file begins with its table of tensors; that of the largest models takes some 100 KB. */
const HEAD_BYTES = 1 << 20;

/** What tells one version of a source file from another without reading it all. A type, so that it counts as JSON. */
export type SourceIdentity = {
  /** Without symbolic links. */
  readonly path: string;
  readonly bytes: number;
  /** Time of the last change, in nanoseconds since 1970. */
  readonly modifiedNs: string;
  /** SHA-256 of the first MiB. */
  readonly head: string;
};

/** Identifies a file that compiling reads. Rejects with the system's error. */
export async function identifySource(file: string): Promise<SourceIdentity> {
  const path = await realpath(file);
  await using handle = await open(path, 'r');
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const head = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
  return { path, bytes: Number(size), modifiedNs: `${mtimeNs}`, head };
}

/** SHA-256 of all that a file holds, for those that are small: it does not matter where the file lies. */
export async function identifyContent(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  return await fullHash(handle, undefined);
}

/** What prepacked weights depend on: they are laid out for the widest instructions the processor has. */
export async function processorIdentity(): Promise<string> {
  return [platform(), arch(), endianness(), cpus()[0]?.model ?? '', await instructionSets()].join('|');
}

/** Virtual machines show one model name for processors that differ. Linux only; empty elsewhere. */
async function instructionSets(): Promise<string> {
  try {
    await using file = await open('/proc/cpuinfo', 'r');
    // The first processor only: the whole takes long on machines with hundreds.
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8192), 0, 8192, 0);
    return /^(?:flags|Features)\s*:\s*(.*)$/m.exec(buffer.toString('latin1', 0, bytesRead))?.[1] ?? '';
  } catch {
    return '';
  }
}
