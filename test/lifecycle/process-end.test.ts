import { describe, expect, test } from 'vitest';
import { runScript } from './run-script.ts';

/** Loads the embedded model and starts a call that takes seconds: it is in native code whenever we look. */
const BUSY = `
import { Reranker } from 'rerankit';
const reranker = await Reranker.load();
const documents = Array.from({ length: 400 }, (_, i) => ('word ' + i + ' ').repeat(100));
const call = reranker.rerank('query', documents);
await new Promise((resolve) => setTimeout(resolve, 300));
`;

describe('the process ends cleanly in the middle of a run', () => {
  test('process.exit', async () => {
    const ended = await runScript(`${BUSY} call.then(() => console.log('finished')); process.exit(7);`);
    expect(ended).toMatchObject({ code: 7, signal: null, stderr: '', stdout: '' });
  });

  test('process.exit while the model is loading', async () => {
    const ended = await runScript(`
      import { Reranker } from 'rerankit';
      Reranker.load(undefined, { onProgress: ({ phase }) => { if (phase === 'session') setTimeout(() => process.exit(5), 250); } });
      setInterval(() => {}, 1000);
    `);
    expect(ended).toMatchObject({ code: 5, signal: null, stderr: '' });
  });

  test('an uncaught throw', async () => {
    const ended = await runScript(
      `${BUSY} setTimeout(() => { throw new Error('of the application'); }, 10); await call; console.log('finished');`,
    );
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ended.stderr).toContain('of the application');
  });

  test('SIGTERM', async () => {
    const ended = await runScript(`${BUSY} console.log('running'); await call; console.log('finished');`, {
      onOutput: (text, kill) => text.includes('running') && kill('SIGTERM'),
    });
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '', stdout: 'running\n' });
  });
});

describe('the process ends by itself', () => {
  test('when nothing is pending, without dispose', async () => {
    const ended = await runScript(`
      import { Reranker } from 'rerankit';
      const reranker = await Reranker.load();
      const { results } = await reranker.rerank('query', ['one', 'two']);
      console.log(results.length);
    `);
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: '2\n', stderr: '' });
  });

  test('not before a pending call has its answer', async () => {
    const ended = await runScript(`
      import { Reranker } from 'rerankit';
      const reranker = await Reranker.load();
      reranker.rerank('query', ['one', 'two', 'three']).then(({ results }) => console.log(results.length));
    `);
    expect(ended).toMatchObject({ code: 0, stdout: '3\n', stderr: '' });
  });

  test('from CommonJS, and after disposing twice', async () => {
    const ended = await runScript(`
      import { createRequire } from 'node:module';
      const { Reranker } = createRequire(process.cwd() + '/')('rerankit');
      const reranker = await Reranker.load();
      console.log((await reranker.score([{ query: 'q', document: 'd' }])).scores.length);
      await reranker.dispose();
      await reranker.dispose();
    `);
    expect(ended).toMatchObject({ code: 0, stdout: '1\n', stderr: '' });
  });
});
