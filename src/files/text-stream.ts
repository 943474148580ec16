import { isUtf8 } from 'node:buffer';
import { unlessAborted } from '../unless-aborted.ts';

/** Bytes of UTF-8, or what is taken for it. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** What is looked at to tell text from other things; Git takes the same amount. */
const HEAD_BYTES = 8_000;

/**
 * The bytes of a text in UTF-8 without its mark; UTF-16 with a mark, as Windows writes it, is converted. `undefined` for
 * what is no text: it has zero bytes at its beginning.
 */
export async function openText(
  chunks: AsyncIterable<Uint8Array | string>,
  signal: AbortSignal,
): Promise<ByteStream | undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | undefined> => {
    const { done, value } = await unlessAborted(iterator.next(), signal);
    return done ? undefined : Buffer.from(value);
  };
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const chunk = await next();
    if (chunk === undefined) break;
    head = Buffer.concat([head, chunk]);
  }
  const encoding = markedEncoding(head);
  if (encoding === undefined && head.subarray(0, HEAD_BYTES).includes(0)) {
    await iterator.return?.();
    return undefined;
  }
  async function* bytes(): AsyncGenerator<Buffer> {
    try {
      yield encoding === 'utf-8' ? head.subarray(3) : head;
      for (let chunk = await next(); chunk !== undefined; chunk = await next()) yield chunk;
    } finally {
      await iterator.return?.();
    }
  }
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? toUtf8(bytes(), encoding) : bytes();
}

/** Text from bytes of UTF-8; whether some were none and were replaced by U+FFFD. */
export function decode(bytes: Buffer): { readonly text: string; readonly replaced: boolean } {
  return { text: bytes.toString('utf8'), replaced: !isUtf8(bytes) };
}

/** All the bytes of a stream; `undefined` if there are more than `maxBytes`. */
export async function readAll(chunks: ByteStream, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

function markedEncoding(head: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
}

async function* toUtf8(chunks: ByteStream, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
