import { DEFAULT_INSTRUCTION, Reranker } from 'rerankit';
import { type RunningServer, serve } from 'rerankit/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROTOCOLS } from '../../src/engine/remote/protocols.ts';

const query = 'how to undo the last git commit';
const documents = [
  'To bake bread, preheat the oven.',
  'git reset --soft HEAD~1 undoes the last commit.',
  'A cat sleeps for most of the day.',
  '',
  '撤销上一次提交',
];
const instruction = 'Given a task, retrieve the shell command that performs it';

let local: Reranker;
let server: RunningServer;
beforeAll(async () => {
  local = await Reranker.load(undefined, { maxLength: 512 });
  server = await serve(local, { port: 0, apiKeys: ['sk-test'] });
});
afterAll(async () => {
  await server.close();
});

describe.each(PROTOCOLS)('our own client of %s', (protocol) => {
  const connect = () => Reranker.connect(server.url, { protocol, apiKey: 'sk-test', model: 'embedded', batchSize: 2 });

  test('gets the scores of the model in this process', async () => {
    await using remote = await connect();
    const [own, far] = [await local.rerank(query, documents), await remote.rerank(query, documents)];
    expect(far.results.map(({ index }) => index)).toEqual(own.results.map(({ index }) => index));
    for (const [at, { logit }] of far.results.entries())
      expect(logit).toBeCloseTo(own.results[at]?.logit ?? Number.NaN, 3);
  });

  test('is refused without the key', async () => {
    const asked = Reranker.connect(server.url, { protocol, apiKey: 'sk-other', model: 'embedded' }).then((remote) =>
      remote.rerank(query, documents),
    );
    await expect(asked).rejects.toMatchObject({
      code: 'REMOTE_UNAUTHORIZED',
      message: expect.stringMatching(/The API key is not one of this server/),
    });
  });

  test('reads why a request was refused', async () => {
    await using remote = await Reranker.connect(server.url, { protocol, apiKey: 'sk-test', model: 'embedded' });
    const failing = remote.rerank('x'.repeat(40_000), documents);
    await expect(failing).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      message: expect.stringMatching(/ has 40000 characters; at most 32768 are taken/),
    });
  });
});

test.each(['vllm', 'rerankit'] as const)('our own client of %s has its instructions followed', async (protocol) => {
  await using remote = await Reranker.connect(server.url, { protocol, apiKey: 'sk-test' });
  const [own, far] = [
    await local.rerank(query, documents, { instruction }),
    await remote.rerank(query, documents, { instruction }),
  ];
  expect(far.results.map(({ index }) => index)).toEqual(own.results.map(({ index }) => index));
  for (const [at, { logit }] of far.results.entries())
    expect(logit).toBeCloseTo(own.results[at]?.logit ?? Number.NaN, 3);
});

test('our own protocol carries all there is', async () => {
  await using remote = await Reranker.connect(server.url, { protocol: 'rerankit', apiKey: 'sk-test' });
  expect(remote.info).toMatchObject({ model: 'embedded', maxLength: local.info.maxLength });
  const long = ['word '.repeat(2_000), ...documents];
  const [own, far] = [await local.rerank(query, long), await remote.rerank(query, long)];
  expect(far.results.map(({ truncated }) => truncated)).toEqual(own.results.map(({ truncated }) => truncated));
  expect(far.results.some(({ truncated }) => truncated)).toBe(true);
  expect(far.usage).toEqual(own.usage);
  const info = await fetch(`${server.url}/v2/info`).then((response) => response.json());
  expect(info).toMatchObject({ instruction: DEFAULT_INSTRUCTION, device: local.info.device, dtype: local.info.dtype });
});

test('what is served is told by vLLM and infinity', async () => {
  for (const protocol of ['vllm', 'infinity', 'llama.cpp', 'tei'] as const) {
    await using remote = await Reranker.connect(server.url, { protocol, apiKey: 'sk-test' });
    expect(remote.info.model).toBe('embedded');
    await expect(Reranker.connect(server.url, { protocol, apiKey: 'sk-test', model: 'gpt' })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  }
});
