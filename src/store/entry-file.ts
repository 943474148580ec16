import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { stampOf } from './fingerprint.ts';
import { inStore } from './store-error.ts';

/** Where a section of a file lies, in bytes. */
export interface Section {
  readonly offset: number;
  readonly byteLength: number;
}

/** What a closed file was when it was closed. */
export interface ClosedFile {
  /** SHA-256 of all its bytes. */
  readonly sha256: string;
  /** See {@link stampOf}. */
  readonly stamp: string;
}

const ZEROS = new Uint8Array(64 << 10);

/**
 * A file of an entry that is written from beginning to end, and hashed on the way, so that gigabytes need not be read
 * again. One call at a time: await each before the next.
 */
export class EntryFile {
  readonly #handle: FileHandle;
  readonly #folder: string;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #closed: ClosedFile | undefined;
  #failed = false;

  /** @param folder the cache folder, to be named in errors */
  constructor(handle: FileHandle, folder: string) {
    this.#handle = handle;
    this.#folder = folder;
  }

  /** Bytes written, padding included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `undefined` before {@link close}. */
  get closed(): ClosedFile | undefined {
    return this.#closed;
  }

  /**
   * Appends `bytes`, and resolves to where they lie. Rejects with `CACHE_FAILED` if the disk is full or refuses.
   * @param options.align zeros are written before, so that the section begins at a multiple of this many bytes. Default 1
   */
  write(bytes: Uint8Array, { align = 1 }: { readonly align?: number } = {}): Promise<Section> {
    if (!Number.isSafeInteger(align) || align < 1)
      throw new RangeError(`align is ${align}; expected a positive integer.`);
    return inStore(this.#folder, async () => {
      const offset = Math.ceil(this.#bytes / align) * align;
      while (this.#bytes < offset) await this.#append(ZEROS.subarray(0, offset - this.#bytes));
      await this.#append(bytes);
      return { offset, byteLength: bytes.byteLength };
    });
  }

  /** Brings the bytes to the disk, and closes the file. Does nothing the second time. Throws if a write failed. */
  async close(): Promise<void> {
    if (this.#closed !== undefined) return;
    if (this.#failed) throw new Error('A write to this file failed: it cannot become part of a compiled model.');
    await inStore(this.#folder, async () => {
      await this.#handle.datasync();
      const stamp = stampOf(await this.#handle.stat({ bigint: true }));
      await this.#handle.close();
      this.#closed = { sha256: this.#hash.digest('hex'), stamp };
    });
  }

  /** Closes the file of a build that failed. Never rejects. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done);
        done += bytesWritten;
      }
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }
}
