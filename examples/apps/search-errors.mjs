// What a route answers when ranking fails, for whatever framework: a status, and a body that tells no more than it should.
import { RerankitError } from 'rerankit';

const STATUS = { INVALID_INPUT: 400, INVALID_OPTION: 400, PROMPT_TOO_LONG: 413, QUEUE_FULL: 429, DISPOSED: 503 };

export function failureOf(error) {
  if (error?.name === 'TimeoutError') return { status: 504, body: { error: 'it took too long' } };
  const status = RerankitError.isInstance(error) ? STATUS[error.code] : undefined;
  if (status === undefined) return { status: 500, body: { error: 'ranking failed' } };
  return { status, body: { error: error.message, code: error.code } };
}
