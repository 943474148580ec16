import { expect, test } from 'vitest';
import { runScript } from '../lifecycle/run-script.ts';

/** Prints what has been loaded of ONNX Runtime: modules of CommonJS, which all of it is, and shared libraries. */
const REPORT = `
  const isRuntime = (path) => /onnxruntime/.test(path);
  const loaded = () => [...Object.keys(module._cache), ...process.report.getReport().sharedObjects].filter(isRuntime);
  console.log(loaded().length);
`;
const USE = `
  const reranker = createTestReranker();
  const { results } = await reranker.rerank('b', ['a', 'b']);
  reranker.fail('QUEUE_FULL');
  const error = await reranker.rerank('b', ['b']).catch((error) => error);
  let refusal;
  try { createTestReranker({ model: 5 }); } catch (error) { refusal = error; }
  console.log(results[0].document, reranker instanceof Reranker, error instanceof RerankitError, refusal instanceof RerankitError);
`;
const ESM = `
  import module from 'node:module';
  import { Reranker, RerankitError } from 'rerankit';
  import { createTestReranker } from 'rerankit/testing';
`;
const COMMONJS = `
  import module from 'node:module';
  const require = module.createRequire(process.cwd() + '/');
  const { Reranker, RerankitError } = require('rerankit');
  const { createTestReranker } = require('rerankit/testing');
`;

test.each([
  ['ESM', ESM],
  ['CommonJS', COMMONJS],
])('%s: the class and the errors are those of the main entry, and ONNX Runtime is not loaded', async (_, imports) => {
  const ended = await runScript(imports + USE + REPORT);
  expect(ended).toMatchObject({ code: 0, stdout: 'b true true true\n0\n', stderr: '' });
});

test('that would be seen', async () => {
  const ended = await runScript(`
    import module from 'node:module';
    import 'onnxruntime-node';
    ${REPORT}
  `);
  expect(Number(ended.stdout)).toBeGreaterThan(2);
});

test('ESM and CommonJS in one process: errors are told by isInstance', async () => {
  const ended = await runScript(`
    import module from 'node:module';
    import { RerankitError } from 'rerankit';
    const { createTestReranker } = module.createRequire(process.cwd() + '/')('rerankit/testing');
    const reranker = createTestReranker();
    reranker.fail('QUEUE_FULL');
    const error = await reranker.rerank('q', ['d']).catch((error) => error);
    console.log(RerankitError.isInstance(error, 'QUEUE_FULL'), RerankitError.isInstance(error, 'DISPOSED'));
  `);
  expect(ended).toMatchObject({ code: 0, stdout: 'true false\n', stderr: '' });
});
