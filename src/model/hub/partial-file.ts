import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { RemoteFile } from './repository.ts';

const CHUNK_BYTES = 1 << 20;

/** A file that is arriving: bytes are hashed as they are written, and nothing but the present chunk is in memory. */
export class PartialFile {
  readonly #handle: FileHandle;
  readonly #file: RemoteFile;
  #hash: Hash;
  #position = 0;

  private constructor(handle: FileHandle, file: RemoteFile) {
    this.#handle = handle;
    this.#file = file;
    this.#hash = newHash(file);
  }

  /** Opens what an earlier download left, hashing it, or begins a new file. */
  static async open(path: string, file: RemoteFile, signal: AbortSignal | undefined): Promise<PartialFile> {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT);
    const partial = new PartialFile(handle, file);
    try {
      const { size } = await handle.stat();
      // Longer than the whole file: not the beginning of it.
      if (size > file.size) await handle.truncate(0);
      else await partial.#hashUpTo(size, signal);
      return partial;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes on disk. */
  get position(): number {
    return this.#position;
  }

  /** Whether the content is what the Hub published. Call once, when all bytes are there. */
  matches(): boolean {
    return this.#hash.digest('hex') === this.#file.digest.hex;
  }

  /** Forgets what is there; the next bytes overwrite it. */
  restart(): void {
    this.#position = 0;
    this.#hash = newHash(this.#file);
  }

  /**
   * Appends. Positions are explicit, so that even two processes writing the same file at once write the same bytes to
   * the same places.
   */
  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#position + done);
      done += bytesWritten;
    }
    this.#hash.update(bytes);
    this.#position += bytes.length;
  }

  /** Makes sure that the bytes survive a power cut before the file gets its final name. */
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #hashUpTo(size: number, signal: AbortSignal | undefined): Promise<void> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    while (this.#position < size) {
      signal?.throwIfAborted();
      const length = Math.min(chunk.length, size - this.#position);
      const { bytesRead } = await this.#handle.read(chunk, 0, length, this.#position);
      if (bytesRead === 0) break;
      this.#hash.update(chunk.subarray(0, bytesRead));
      this.#position += bytesRead;
    }
  }
}

/** Git hashes a small header along with the content. */
function newHash({ digest, size }: RemoteFile): Hash {
  return digest.algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}
