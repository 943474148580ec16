import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { OnnxEngine } from '../../src/engine/onnx/onnx-engine.ts';
import type { LoadRequest } from '../../src/engine/onnx/protocol.ts';
import { runScript } from './run-script.ts';

const home = await mkdtemp(join(tmpdir(), 'rerankit-home-'));
afterAll(() => rm(home, { recursive: true }));

/** ONNX Runtime's telemetry keeps a device id below the home folder: where nothing is written, nothing is reported. */
test("ranking leaves nothing behind in the home folder, and calls nothing of Node's network from the main thread", async () => {
  const ended = await runScript(
    `
    import net from 'node:net';
    import dns from 'node:dns';
    for (const [module, name] of [[net, 'connect'], [net, 'createConnection'], [dns, 'lookup']])
      module[name] = () => { console.log('network: ' + name); throw new Error(name); };
    globalThis.fetch = () => { console.log('network: fetch'); throw new Error('fetch'); };
    import { Reranker } from 'rerankit';
    const reranker = await Reranker.load();
    await reranker.rerank('query', ['one', 'two']);
    await reranker.dispose();
    console.log(process.env.ORT_DISABLE_TELEMETRY);
    `,
    {
      env: { HOME: home, XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', XDG_DATA_HOME: '', ORT_DISABLE_TELEMETRY: undefined },
    },
  );
  expect(ended).toMatchObject({ code: 0, stdout: '1\n', stderr: '' });
  expect(await readdir(home)).toEqual([]);
});

test('a user who opts in to telemetry is left alone', () => {
  vi.stubEnv('ORT_DISABLE_TELEMETRY', '0');
  new OnnxEngine({} as LoadRequest, new Promise(() => {}));
  expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('0');
  vi.unstubAllEnvs();
});
