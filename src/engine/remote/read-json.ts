/** A body longer than it may be. */
export class BodyTooLong extends Error {}

/** Reads a body of at most `maxBytes` (once it is decompressed) as text. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > maxBytes) throw new BodyTooLong(`more than ${maxBytes} bytes`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    // Of a body that was read to its end nothing is left to give up.
    await reader.cancel().catch(() => undefined);
  }
}
