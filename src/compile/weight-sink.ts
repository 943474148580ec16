import type { FileHandle } from 'node:fs/promises';

/** Where a section of weights was written. */
export interface Place {
  /** Name of the file, in the folder of the model. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** Takes weights one section after the other. */
export interface WeightSink {
  write(parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Place>;
}

/** Keeps sections in memory, each as a file of its own, which a session takes instead of a folder. */
export class MemorySink implements WeightSink {
  readonly files = new Map<string, Uint8Array>();

  async write(parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Place> {
    const chunks: Uint8Array[] = [];
    for await (const part of parts) chunks.push(part.slice());
    const data = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const file = `weights-${this.files.size}`;
    this.files.set(file, data);
    return { file, offset: 0, byteLength: data.byteLength };
  }
}

/** Sections begin at multiples of this many bytes: whole pages, so that each is mapped without its neighbours. */
const SECTION_ALIGNMENT = 4096;

/** Writes sections into one file. */
export class FileSink implements WeightSink {
  readonly #handle: FileHandle;
  readonly #file: string;
  #position = 0;

  constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  async write(parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Place> {
    const offset = Math.ceil(this.#position / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
    this.#position = offset;
    for await (const part of parts) {
      for (let done = 0; done < part.length; ) {
        const { bytesWritten } = await this.#handle.write(part, done, part.length - done, this.#position + done);
        done += bytesWritten;
      }
      this.#position += part.length;
    }
    return { file: this.#file, offset, byteLength: this.#position - offset };
  }
}
