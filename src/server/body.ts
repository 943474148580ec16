import { Problem } from './problem.ts';

/** The JSON of a body. Throws a 400, 413 or 415; rejects as the body does when the client hangs up. */
export async function readJson(request: Request, most: number, signal: AbortSignal): Promise<unknown> {
  const bytes = await readBytes(request, most, signal);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, 'The body is not UTF-8.');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, text === '' ? 'The body is empty; it must be JSON.' : 'The body is not valid JSON.');
  }
}

/**
 * Throws a 413 or 415 for what the headers tell already. JSON must be called so: a page of another origin can send
 * anything else without asking first.
 */
export function checkHeaders({ headers }: Request, most: number): void {
  const type = headers.get('content-type') ?? '';
  if (!/^application\/([\w.+-]+\+)?json *(;|$)/i.test(type)) {
    throw new Problem(415, 'The body must be JSON, with the header "content-type: application/json".');
  }
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new Problem(415, 'Compressed bodies are not taken: send the JSON as it is.');
  if (Number(headers.get('content-length') ?? 0) > most) throw tooLarge(most);
}

async function readBytes(request: Request, most: number, signal: AbortSignal): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  // A client that sends slowly must not outlive its deadline.
  const stop = (): void => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      length += value.byteLength;
      if (length > most) {
        await reader.cancel();
        throw tooLarge(most);
      }
      chunks.push(value);
    }
    signal.throwIfAborted();
    return Buffer.concat(chunks, length);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function tooLarge(most: number): Problem {
  return new Problem(413, `The body is too large: this server takes ${most} bytes. Send fewer or shorter documents.`);
}
