import { expect, test } from 'vitest';
import { nodePostprocessor } from '../../src/integrations/llamaindex.ts';
import { deepFreeze, fakeRanker } from './fake-ranker.ts';

const node = (text: string, metadata: Record<string, unknown> = {}) => ({
  metadata,
  getContent: (mode?: string) => (mode === 'NONE' ? text : `${JSON.stringify(metadata)}\n${text}`),
});

test('gives new objects around the same nodes, best first', async () => {
  const nodes = deepFreeze([{ node: node('a', { b: 1 }), score: 0.9 }, { node: node('ab') }]);
  const ranked = await nodePostprocessor(fakeRanker()).postprocessNodes(nodes, 'ab');
  expect(ranked.map(({ score }) => score)).toEqual([1, 0.5]);
  expect(ranked[0]?.node).toBe(nodes[1]?.node);
  expect(ranked[1]?.node).toBe(nodes[0]?.node);
  expect(nodes[0]?.score).toBe(0.9);
});

test('reads content without metadata, or what `text` gives', async () => {
  const ranker = fakeRanker();
  const nodes = [{ node: node('a', { title: 'T' }) }];
  await nodePostprocessor(ranker, { topN: 1, instruction: 'Find it' }).postprocessNodes(nodes, 'q');
  await nodePostprocessor(ranker, { text: (own) => own.getContent('ALL') }).postprocessNodes(nodes, 'q');
  expect(ranker.calls).toEqual([
    { query: 'q', texts: ['a'], options: { topN: 1, instruction: 'Find it' } },
    { query: 'q', texts: ['{"title":"T"}\na'], options: {} },
  ]);
});

test('a query may be parts of a message, of which the texts are read', async () => {
  const ranker = fakeRanker();
  const query = [
    { type: 'text', text: 'one' },
    { type: 'image_url', image_url: { url: 'data:' } },
    { type: 'text', text: 'two' },
  ];
  await nodePostprocessor(ranker).postprocessNodes([{ node: node('a') }], query);
  expect(ranker.calls[0]?.query).toBe('one\n\ntwo');
});

test.each([undefined, [], [{ type: 'image_url' }], [{ type: 'text', text: 1 }], 7])(
  'refuses to rank by %o',
  async (query) => {
    // @ts-expect-error: some are no queries
    const call = nodePostprocessor(fakeRanker()).postprocessNodes([{ node: node('a') }], query);
    await expect(call).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  },
);

test('refuses wrong options', () => {
  // @ts-expect-error: no such option
  expect(() => nodePostprocessor(fakeRanker(), { topK: 1 })).toThrow('nodePostprocessor has no option "topK"');
});
