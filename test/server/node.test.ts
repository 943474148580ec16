import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createHandler, type ServeOptions, serve } from '../../src/server/index.ts';
import { createTestReranker, type TestRerankerOptions } from '../../src/testing/index.ts';

const body = JSON.stringify({ query: 'a', documents: ['a', 'b'] });
const json = { 'content-type': 'application/json' };

async function start(options: ServeOptions = {}, stand: TestRerankerOptions = {}) {
  const reranker = createTestReranker(stand);
  const server = await serve(reranker, { port: 0, ...options });
  const ask = (init: RequestInit = {}) =>
    fetch(`${server.url}/v2/rerank`, { method: 'POST', headers: json, body, ...init });
  return { reranker, server, ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Sends bytes as they are, and gives what comes back until the server closes, or for so many milliseconds. */
async function raw(url: string, send: (socket: Socket) => void, milliseconds = 300): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  send(socket);
  await Promise.race([new Promise((resolve) => socket.once('close', resolve)), delay(milliseconds)]);
  socket.destroy();
  return text;
}

describe('over node:http', () => {
  test('answers, with its length, on one connection after the other', async () => {
    await using served = await start();
    for (let time = 0; time < 3; time++) {
      const response = await served.ask();
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    }
    const head = await fetch(`${served.server.url}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('a client that hangs up frees its work', async () => {
    await using served = await start();
    served.reranker.hang();
    const client = new AbortController();
    const asked = served.ask({ signal: client.signal });
    while (served.reranker.stats().openCalls === 0) await delay(1);
    client.abort();
    await expect(asked).rejects.toThrow();
    while (served.reranker.stats().openCalls > 0) await delay(1);
    expect(served.reranker.calls[0]?.state).toBe('rejected');
    served.reranker.reset();
    expect((await served.ask()).status).toBe(200);
  });

  test('a body that is too large is refused before it has arrived, and the answer is read', async () => {
    await using served = await start({ limits: { bodyBytes: 1000 } });
    const big = await served.ask({ body: 'x'.repeat(5_000_000) });
    expect(big.status).toBe(413);
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    });
    const streamed = await served.ask({ body: chunks, duplex: 'half' } as RequestInit).then(
      ({ status }) => status,
      () => 'closed',
    );
    expect([413, 'closed']).toContain(streamed);
    expect((await served.ask()).status).toBe(200);
  });

  test('whoever has been answered and sends on is cut off', async () => {
    await using served = await start({ apiKeys: ['k'] });
    const started = performance.now();
    let sending: NodeJS.Timeout | undefined;
    const text = await raw(
      served.server.url,
      (socket) => {
        socket.write('POST /v2/rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n');
        sending = setInterval(() => socket.write('x'), 50);
      },
      5_000,
    );
    clearInterval(sending);
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(performance.now() - started).toBeLessThan(4_500);
  });

  test.each([
    ['an absolute URL', 'GET http://other.example/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 200],
    ['a URL of odd characters', 'GET /health%00?<> HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
    ['a URL that is none', 'GET //[ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
    ['a method without a path', 'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
    ['a strange host', 'GET /health HTTP/1.1\r\nhost: [::bad/..\r\nconnection: close\r\n\r\n', 200],
    ['a forbidden method', 'TRACE / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
    ['no HTTP', 'hello\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    await using served = await start();
    expect(await raw(served.server.url, (socket) => socket.write(bytes))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await served.ask()).status).toBe(200);
  });

  test('closing waits for what is under way, and is not ready meanwhile', async () => {
    const { reranker, server, ask } = await start();
    reranker.hang();
    const asked = ask();
    while (reranker.stats().openCalls === 0) await delay(1);
    const closing = server.close();
    expect((await fetch(`${server.url}/ready`)).status).toBe(503);
    expect((await ask()).status).toBe(503);
    reranker.release();
    expect((await asked).status).toBe(200);
    expect(await closing).toBe(true);
    await expect(ask()).rejects.toThrow();
    await expect(reranker.rerank('a', ['a'])).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('but not for ever', async () => {
    const { reranker, server, ask } = await start({ drainMilliseconds: 30 });
    reranker.hang();
    const asked = ask().catch((error: Error) => error);
    while (reranker.stats().openCalls === 0) await delay(1);
    expect(await server.close()).toBe(false);
    expect(await asked).toBeInstanceOf(Error);
  });

  test('options that are wrong', async () => {
    const wrong = serve(createTestReranker(), { port: 70_000 });
    await expect(wrong).rejects.toThrow('The option port of serve must be an integer from 0 to 65535, not 70000.');
    await expect(serve(createTestReranker(), { keys: [] } as object)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('an address that is taken', async () => {
    await using served = await start();
    const port = Number(new URL(served.server.url).port);
    await expect(serve(createTestReranker(), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('some clients at a time', () => {
  test('64 of them, of which some hang up at random: no error, nothing left behind', async () => {
    await using served = await start({}, { delay: 2 });
    let random = 1;
    const next = () => {
      random = (random * 48_271) % 2_147_483_647;
      return random / 2_147_483_647;
    };
    const statuses = new Map<number | string, number>();
    const client = async () => {
      for (let time = 0; time < 6; time++) {
        const signal = next() < 0.3 ? AbortSignal.timeout(Math.ceil(next() * 8)) : undefined;
        const status = await served
          .ask(signal === undefined ? {} : { signal })
          .then(
            async (response) => {
              await response.text();
              return response.status;
            },
            (error: Error) => error.name,
          )
          .catch((error: Error) => error.name);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 64 }, client));
    for (const status of statuses.keys()) expect([200, 'TimeoutError', 'AbortError']).toContain(status);
    expect(statuses.get(200)).toBeGreaterThan(150);
    await served.server.handler.drain();
    expect(served.reranker.stats()).toMatchObject({ openCalls: 0, queuedDocuments: 0 });
  });
});

test('the handler is a plain function', async () => {
  const handler = createHandler(createTestReranker());
  const response = await handler(new Request('http://any/v2/rerank', { method: 'POST', headers: json, body }));
  expect(response).toBeInstanceOf(Response);
});
