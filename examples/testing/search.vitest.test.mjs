// npx vitest run search.vitest.test.mjs
import { createTestReranker } from 'rerankit/testing';
import { beforeEach, expect, test } from 'vitest';
import { SearchService } from './search.mjs';

const ARTICLES = [
  { title: 'Bread', body: 'Preheat the oven.' },
  { title: 'Git', body: 'git reset undoes a commit.' },
  { title: 'Tea', body: 'Boil the water.' },
  { title: 'Undo', body: 'Ctrl+Z undoes the last step.' },
];
const reranker = createTestReranker();
const service = new SearchService(reranker, ARTICLES, { deadline: 50 });
beforeEach(() => reranker.reset());

test('relevant articles, best first', async () => {
  reranker.give([0.1, 0.9, 0.2, 0.7]);
  expect(await service.search('undo a commit')).toEqual({ ranked: true, titles: ['Git', 'Undo'] });
});

test('title and body are ranked', async () => {
  await service.search('undo a commit');
  const [call] = reranker.calls;
  expect(call.query).toBe('undo a commit');
  expect(call.options.text(call.documents[0])).toBe('Bread\nPreheat the oven.');
});

test('a full queue gives unranked articles', async () => {
  reranker.fail('QUEUE_FULL');
  expect(await service.search('tea')).toEqual({ ranked: false, titles: ['Bread', 'Git', 'Tea'] });
});

test('so does a reranker that hangs', async () => {
  reranker.hang();
  expect(await service.search('tea')).toEqual({ ranked: false, titles: ['Bread', 'Git', 'Tea'] });
});

test('other errors pass', async () => {
  reranker.fail('ENGINE_FAILED', { times: 1 });
  await expect(service.search('oven')).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  expect(await service.search('oven')).toEqual({ ranked: true, titles: ['Bread'] });
});
