import type { EntryFile } from '../store/index.ts';
import type { Place, WeightSink } from './weight-sink.ts';

/** Sections begin at multiples of this many bytes: whole pages, so that each is mapped without its neighbours. */
const SECTION_ALIGNMENT = 4096;

/** Writes sections into one file of an entry. */
export class FileSink implements WeightSink {
  readonly #file: EntryFile;
  readonly #name: string;

  constructor(file: EntryFile, name: string) {
    this.#file = file;
    this.#name = name;
  }

  async write(parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Place> {
    let section: Place | undefined;
    for await (const part of parts) {
      const { offset, byteLength } = await this.#file.write(part, { align: section ? 1 : SECTION_ALIGNMENT });
      section = section
        ? { ...section, byteLength: section.byteLength + byteLength }
        : { file: this.#name, offset, byteLength };
    }
    return section ?? { file: this.#name, offset: 0, byteLength: 0 };
  }
}
