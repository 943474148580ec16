import { expect, test } from 'vitest';
import { runScript } from '../lifecycle/run-script.ts';

const USE = `
  const isRuntime = (path) => /onnxruntime/.test(path);
  const handler = createHandler(createTestReranker(), { log: () => {} });
  const body = JSON.stringify({ query: 'b', documents: ['a', 'b'], top_n: 0 });
  const ask = (path) => handler(new Request('http://localhost' + path, { method: 'POST', body, headers: { 'content-type': 'application/json' } }));
  const { results } = await (await ask('/v1/rerank')).json();
  const info = await (await handler(new Request('http://localhost/v2/info'))).json();
  const loaded = [...Object.keys(module._cache), ...process.report.getReport().sharedObjects].filter(isRuntime);
  console.log(results[0].index, (await ask('/v2/rerank')).status, info.version, loaded.length);
`;

test.each([
  [
    'ESM',
    `import module from 'node:module'; import { createHandler } from 'rerankit/server'; import { createTestReranker } from 'rerankit/testing';`,
  ],
  [
    'CommonJS',
    `import module from 'node:module';
     const require = module.createRequire(process.cwd() + '/');
     const { createHandler } = require('rerankit/server');
     const { createTestReranker } = require('rerankit/testing');`,
  ],
])('%s: serves without ONNX Runtime', async (_, imports) => {
  const ended = await runScript(imports + USE);
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 422 \d+\.\d+\.\d+ 0\n$/), stderr: '' });
});
