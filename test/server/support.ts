import { createHandler, type HandlerOptions, type LogEntry, type RerankHandler } from '../../src/server/index.ts';
import { createTestReranker, type TestReranker, type TestRerankerOptions } from '../../src/testing/index.ts';

/** A handler before a stand-in that scores by words, and its log. */
export interface Served {
  readonly handler: RerankHandler;
  readonly reranker: TestReranker;
  readonly log: LogEntry[];
}

export function served(options: HandlerOptions = {}, reranker: TestRerankerOptions = {}): Served {
  const log: LogEntry[] = [];
  const stand = createTestReranker(reranker);
  return { handler: createHandler(stand, { log: (entry) => log.push(entry), ...options }), reranker: stand, log };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the protocol has
  readonly body: any;
}

type Ask = (request: Request) => Promise<Response>;

/** Posts a body, as JSON unless it is text or bytes. */
export async function post(handler: Ask, path: string, body: unknown, init: RequestInit = {}): Promise<Answer> {
  const { headers, ...rest } = init;
  const request = new Request(`http://localhost${path}`, {
    method: 'POST',
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
    ...rest,
  });
  return answerOf(await handler(request));
}

export async function get(handler: Ask, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return answerOf(await handler(new Request(`http://localhost${path}`, { headers })));
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type') === 'application/json';
  return { status, headers, body: isJson ? JSON.parse(text) : text };
}
