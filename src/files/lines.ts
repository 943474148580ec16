import type { ByteStream } from './text-stream.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line without its end. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly bytes: Buffer;
  /** Whether it was longer and lost its tail. */
  readonly cut: boolean;
}

/** The lines of a stream; of none is more than `maxBytes` held in memory. */
export async function* linesOf(chunks: ByteStream, maxBytes: number): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let length = 0;
  let cut = false;
  const take = (bytes: Buffer): void => {
    const kept = bytes.subarray(0, maxBytes - length);
    // A copy: what is kept of a chunk must not keep the chunk.
    if (kept.length > 0) parts.push(Buffer.from(kept));
    length += kept.length;
    cut ||= kept.length < bytes.length;
  };
  const finish = (): Line => {
    const bytes = Buffer.concat(parts);
    const line = { number, bytes: cut ? wholeCharacters(bytes) : withoutReturn(bytes), cut };
    number++;
    parts = [];
    length = 0;
    cut = false;
    return line;
  };
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      take(bytes.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    take(bytes.subarray(start));
  }
  if (length > 0) yield finish();
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
}

/** Without the beginning of a character of UTF-8 whose rest was cut off. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= 4 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue; // not the first byte of a character
    const size = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}
