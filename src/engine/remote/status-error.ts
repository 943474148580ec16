import { RerankitError, show } from '../../errors.ts';
import { retryAfter } from '../../http/retry-after.ts';
import { TransientError } from '../../http/transient-error.ts';
import type { Connection } from './connection.ts';
import { field, isRecord } from './json.ts';

/** Answers after which the same request may succeed. */
const TRANSIENT = [429, 502, 503, 504];

/** Turns an answer that is no success into the error to throw. */
export function statusError(
  server: Pick<Connection, 'name' | 'failed'>,
  path: string,
  response: Response,
  text: string,
): RerankitError | TransientError {
  const { status } = response;
  const said = messageOf(text);
  const reason = said === undefined ? '' : `: ${show(said)}`;
  if (TRANSIENT.includes(status)) {
    return new TransientError(`answered ${path} with ${status}${reason}`, { retryAfterMs: retryAfter(response) });
  }
  const error = server.failed(`answered ${path} with ${status}${reason}. ${FIXES.get(status) ?? ''}`.trimEnd());
  if (status === 401 || status === 403) return new RerankitError('REMOTE_UNAUTHORIZED', error.message);
  return error;
}

const FIXES: ReadonlyMap<number, string> = new Map([
  [401, 'Give the key it wants in the option apiKey (or headers).'],
  [403, 'The key in the option apiKey (or headers) may not do this.'],
  [404, 'Check url, protocol and model, and that the server was started for reranking.'],
  [405, 'Check url and protocol.'],
  [413, 'The request is too large for it: lower the option batchSize, or shorten the documents.'],
]);

/** What a server says of its refusal, wherever it says so. */
function messageOf(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // A page of HTML, mostly of a proxy.
  }
  for (const name of ['error', 'message', 'detail', 'error_type']) {
    const part = field(value, name);
    if (typeof part === 'string' && part !== '') return part;
    if (isRecord(part) && typeof part['message'] === 'string') return part['message'];
    if (Array.isArray(part) && typeof field(part[0], 'msg') === 'string') return String(field(part[0], 'msg'));
  }
  return undefined;
}
