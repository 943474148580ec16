import { Reranker } from 'rerankit';
import { expect, test } from 'vitest';
import { eventsOf, namesOf } from './events.ts';

const number = expect.any(Number);

test('a model in this process: load, call and runs are told, and stats add up', async () => {
  const documents = Array.from({ length: 40 }, (_, index) => `Document ${index} is about bread. `.repeat(5));
  let reranker: Reranker | undefined;
  const events = await eventsOf(async () => {
    reranker = await Reranker.load(undefined, { device: 'cpu', tokenBudget: 512 });
    await reranker.rerank('bread', documents);
  });
  const ends = (channel: string) =>
    events.filter((one) => one.channel === channel && one.event === 'asyncEnd').map(({ seen }) => seen);
  expect(namesOf(events).slice(0, 3)).toEqual(['load:start', 'load:end', 'load:asyncStart']);
  expect(ends('load')).toEqual([{ model: 'embedded', milliseconds: number, info: reranker?.info }]);
  const [call] = ends('rerank');
  const runs = ends('run');
  const model = { model: 'embedded', device: 'cpu' };
  expect(call).toMatchObject({ kind: 'rerank', ...model, documents: 40, truncated: 0, runs: runs.length });
  expect(runs.length).toBeGreaterThan(2);
  const sum = (name: string): number => runs.reduce((total, run) => total + Number(run[name]), 0);
  expect(sum('documents')).toBe(40);
  for (const run of runs) expect(run).toMatchObject({ ...model, calls: 1, queries: 1, queueMilliseconds: number });
  const { total, ...now } = reranker?.stats() ?? {};
  const usage = call?.['usage'] as Record<string, number>;
  expect(sum('tokens')).toBe(usage['computedTokens']);
  expect(now).toEqual({ queuedDocuments: 0, queuedTokens: 0, openCalls: 0, running: false });
  expect(total).toEqual({
    ...{ calls: 1, failures: 0, aborts: 0, documents: 40, runs: runs.length, runMilliseconds: number },
    ...{ promptTokens: usage['promptTokens'], computedTokens: usage['computedTokens'] },
  });
  expect(total?.runMilliseconds).toBeGreaterThan(0);
  await reranker?.dispose();
});
