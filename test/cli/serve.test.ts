import type { ChildProcess } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { textEntry } from '../../src/cli/serve/log-line.ts';
import { styleFor } from '../../src/cli/terminal/style.ts';
import { command, type Ended, jsonLines, type RunOptions } from './command.ts';
import { fakeIo } from './fake-io.ts';

const windows = process.platform === 'win32';
const body = JSON.stringify({
  query: 'how to undo the last git commit',
  documents: ['git reset --soft HEAD~1 undoes the last commit.', 'To bake bread, preheat the oven.'],
});
const headers = { 'content-type': 'application/json' };

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts the command on a free port, and resolves when it listens. */
function start(args: readonly string[] = [], options: RunOptions = {}): Promise<Running> {
  return new Promise((resolve, reject) => {
    const ended = command(['serve', '--port', '0', ...args], {
      ...options,
      onOutput: (written, child) => {
        const url = /"url":"([^"]+)"/.exec(written)?.[1];
        if (url !== undefined) resolve({ url, child, ended });
      },
    });
    ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
}

async function ready(url: string): Promise<void> {
  while (!(await fetch(`${url}/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('rerankit serve', () => {
  it.skipIf(windows)('listens at once, ranks when it is ready, and ends cleanly', async () => {
    const { url, child, ended } = await start([
      '--served-model-name',
      'small',
      '--api-key',
      'sk-1',
      '--max-documents',
      '2',
    ]);
    // The model takes longer to load than this request to arrive.
    expect(await fetch(`${url}/ready`).then((response) => response.json())).toEqual({ ready: false, state: 'loading' });
    await ready(url);
    const ask = (key: string, text = body) =>
      fetch(`${url}/v2/rerank`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${key}` },
        body: text,
      });
    const response = await ask('sk-1');
    expect(await response.json()).toMatchObject({ model: 'small', results: [{ index: 0 }, { index: 1 }] });
    expect((await ask('sk-2')).status).toBe(401);
    expect((await ask('sk-1', JSON.stringify({ query: 'a', documents: ['a', 'b', 'c'] }))).status).toBe(422);
    expect(await (await fetch(url)).text()).toContain('<!doctype html>');
    child.kill('SIGTERM');
    const { code, signal, stdout, stderr } = await ended;
    expect([code, signal, stdout]).toEqual([0, null, '']);
    const log = jsonLines(stderr);
    const requests = log.filter(({ event, path }) => event === 'request' && path === '/v2/rerank');
    expect(requests.map(({ status }) => status)).toEqual([200, 401, 422]);
    expect(log.filter(({ event }) => event !== 'request').map(({ event, state }) => state ?? event)).toEqual([
      'listening',
      'ready',
      'draining',
    ]);
    expect(stderr).not.toMatch(/the last|sk-1/);
  });

  it.skipIf(windows)('answers what is under way before it ends', async () => {
    const { url, child, ended } = await start([], { env: { RERANKIT_API_KEY: 'a, b' } });
    await ready(url);
    const documents = Array.from({ length: 60 }, (_, index) => `${index} git reset undoes the last commit. `.repeat(4));
    const asked = fetch(`${url}/v2/rerank`, {
      method: 'POST',
      headers: { ...headers, authorization: 'Bearer b' },
      body: JSON.stringify({ query: 'undo a commit', documents }),
    });
    const metrics = async () => (await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer a' } })).text();
    while (!(await metrics()).includes('\nrerankit_requests_open 1\n'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    const { results } = (await (await asked).json()) as { results: unknown[] };
    expect(results).toHaveLength(60);
    expect((await ended).code).toBe(0);
  });

  it.skipIf(windows)('ends while it is loading', async () => {
    const { child, ended } = await start();
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 143, signal: null });
  });

  it('ends with an error if the model cannot be loaded', async () => {
    const { code, stderr } = await command(['serve', '--port', '0', '--model', './no-such-model', '--log', 'none']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^rerankit: MODEL_NOT_FOUND: .*\n$/)]);
  });

  it.each([
    [['--port', '70000'], /from 0 to 65535/],
    [['--cors', 'example.com'], /It must be an origin such as https:\/\/example\.com/],
    [['--api-key', 'with space'], /an API key must be of printable ASCII/],
    [['--max-documents', '0'], /at least 1/],
    [['--log', 'xml'], /Allowed choices are json, text, none/],
  ])('%j: called wrongly', async (args, message) => {
    const { code, stderr } = await command(['serve', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('says that an address is taken, or open to all', async () => {
    const { url, child, ended } = await start(['--host', '0.0.0.0']);
    const port = new URL(url).port;
    const taken = await command(['serve', '--port', port, '--host', '0.0.0.0']);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('EADDRINUSE')]);
    child.kill('SIGTERM');
    expect((await ended).stderr).toContain('set RERANKIT_API_KEY');
  });
});

describe('its log on a terminal', () => {
  const style = styleFor(fakeIo().stdout, {});
  const time = '2030-01-02T03:04:05.678Z';
  it('is a line for each entry', () => {
    expect(textEntry({ event: 'listening', time, level: 'info', url: 'http://127.0.0.1:1' }, style)).toBe(
      '03:04:05  listening on http://127.0.0.1:1\n',
    );
    expect(textEntry({ event: 'state', time, level: 'info', state: 'ready', error: undefined }, style)).toBe(
      '03:04:05  ready\n',
    );
    const request = {
      event: 'request',
      time,
      id: 'x',
      method: 'PO\u001b[31mST',
      promptTokens: 9,
      milliseconds: 12.3,
    } as const;
    expect(
      textEntry(
        {
          ...request,
          level: 'info',
          path: '/v2/rerank',
          protocol: 'cohere-v2',
          status: 200,
          documents: 1200,
          error: undefined,
        },
        style,
      ),
    ).toBe('03:04:05  200  PO␛[31mST /v2/rerank  12 ms  1,200 documents  cohere-v2\n');
    const error = { name: 'TypeError', code: undefined, stack: ['at work (x.js:1:2)', 'at more'] };
    expect(
      textEntry(
        { ...request, level: 'error', path: undefined, protocol: undefined, status: 500, documents: undefined, error },
        style,
      ),
    ).toBe('03:04:05  500  PO␛[31mST (no such path)  12 ms  TypeError at work (x.js:1:2)\n');
  });
});
