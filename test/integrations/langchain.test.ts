import { expect, test } from 'vitest';
import { documentCompressor } from '../../src/integrations/langchain/index.ts';
import { deepFreeze, fakeRanker } from './fake-ranker.ts';

class Document {
  pageContent: string;
  metadata: Record<string, unknown>;
  id?: string;
  constructor(pageContent: string, metadata: Record<string, unknown> = {}, id?: string) {
    this.pageContent = pageContent;
    this.metadata = metadata;
    if (id !== undefined) this.id = id;
  }
}

test('gives copies of the same class, best first, with the score among their metadata', async () => {
  const documents = deepFreeze([new Document('a', { page: 1 }, 'x'), new Document('ab', { page: 2, deep: { x: 1 } })]);
  const compressed = await documentCompressor(fakeRanker()).compressDocuments(documents, 'ab');
  expect(compressed).toEqual([
    { pageContent: 'ab', metadata: { page: 2, deep: { x: 1 }, relevanceScore: 1 } },
    { pageContent: 'a', metadata: { page: 1, relevanceScore: 0.5 }, id: 'x' },
  ]);
  for (const document of compressed) {
    expect(document).toBeInstanceOf(Document);
    expect(documents).not.toContain(document);
    document.pageContent = 'writable';
    document.metadata['more'] = 1;
  }
});

test('an earlier score is replaced, and keys such as __proto__ are only keys', async () => {
  const metadata = JSON.parse('{"relevanceScore": 9, "__proto__": {"polluted": true}}');
  const [document] = await documentCompressor(fakeRanker()).compressDocuments([new Document('a', metadata)], 'a');
  expect(document?.metadata.relevanceScore).toBe(1);
  expect(document?.metadata).not.toHaveProperty('polluted');
  expect(Object.keys(document?.metadata ?? {})).toContain('__proto__');
});

test('options reach the reranker, which reads what `text` gives', async () => {
  const ranker = fakeRanker();
  const text = ({ pageContent, metadata }: { pageContent: string; metadata: { title: string } }) =>
    `${metadata.title}\n${pageContent}`;
  const options = { instruction: 'Find it', topN: 1, minScore: 0.5, priority: 2 };
  const compressor = documentCompressor(ranker, { ...options, text });
  const documents = [
    { pageContent: 'a', metadata: { title: 'T' } },
    { pageContent: 'a', metadata: { title: 'U' } },
  ];
  expect(await compressor.compressDocuments(documents, 'U')).toMatchObject([{ metadata: { title: 'U' } }]);
  expect(ranker.calls).toEqual([{ query: 'U', texts: ['T\na', 'U\na'], options }]);
});

test('no documents give none; errors pass', async () => {
  const compressor = documentCompressor(fakeRanker());
  expect(await compressor.compressDocuments([], 'a')).toEqual([]);
  // @ts-expect-error: a number as content
  const call = compressor.compressDocuments([{ pageContent: 1, metadata: {} }], 'a');
  await expect(call).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  // @ts-expect-error: no such option
  expect(() => documentCompressor(fakeRanker(), { k: 1 })).toThrow('documentCompressor has no option "k"');
});
