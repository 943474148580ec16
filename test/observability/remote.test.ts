import { expect, test } from 'vitest';
import { Reranker } from '../../src/reranker.ts';
import { FAKE_RERANKERS } from '../engine/remote/fake-rerankers.ts';
import { FakeServer } from '../engine/remote/fake-server.ts';
import { eventsOf } from './events.ts';

test('a server: connecting and calls are told, and stats add up', async () => {
  await using server = await FakeServer.start(FAKE_RERANKERS.cohere);
  let stats: ReturnType<Reranker['stats']> | undefined;
  let info: Reranker['info'] | undefined;
  const events = await eventsOf(async () => {
    await using reranker = await Reranker.connect(server.url, { protocol: 'cohere', model: 'm', batchSize: 2 });
    info = reranker.info;
    await reranker.rerank('numbers', ['one', 'two', 'three']);
    stats = reranker.stats();
  });
  const ends = (channel: string) => events.filter((one) => one.channel === channel && one.event === 'asyncEnd');
  expect(ends('load').map(({ seen }) => seen)).toEqual([{ model: 'm', milliseconds: expect.any(Number), info }]);
  expect(ends('rerank').map(({ seen }) => seen)).toMatchObject([{ kind: 'rerank', documents: 3, runs: 2 }]);
  expect(ends('run').map(({ seen }) => seen['documents'])).toEqual([2, 1]);
  expect(stats).toMatchObject({ openCalls: 0, total: { calls: 1, documents: 3, runs: 2, failures: 0 } });
});
