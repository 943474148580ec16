import type { Problem } from './problem.ts';
import type { Failure } from './protocols/protocol.ts';

/** Headers of every answer: what is told of one request is of no use to the next. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** An answer that has yet to be given its headers. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function json(body: unknown, status = 200): Reply {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

export function text(body: string, type: string): Reply {
  return { status: 200, body, headers: { 'content-type': type } };
}

/** The answer to a request that failed, in the shape of its protocol. */
export function refusal(problem: Problem, failure: Failure, headers: Readonly<Record<string, string>> = {}): Reply {
  const reply = json(failure(problem), problem.status);
  return {
    ...reply,
    headers: {
      ...reply.headers,
      ...headers,
      ...(problem.retryAfter === undefined ? {} : { 'retry-after': String(problem.retryAfter) }),
      ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
  };
}

/** The response, without its body if only the head was asked for. */
export function responseOf(
  { status, body, headers }: Reply,
  method: string,
  further: Readonly<Record<string, string>>,
): Response {
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return new Response(method === 'HEAD' ? null : body, {
    status,
    headers: { ...HEADERS, ...headers, ...further, ...length },
  });
}
