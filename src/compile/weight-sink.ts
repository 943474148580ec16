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
