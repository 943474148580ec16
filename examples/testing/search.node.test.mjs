// node --test search.node.test.mjs
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createTestReranker } from 'rerankit/testing';
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
  assert.deepEqual(await service.search('undo a commit'), { ranked: true, titles: ['Git', 'Undo'] });
});

test('title and body are ranked', async () => {
  await service.search('undo a commit');
  const [call] = reranker.calls;
  assert.equal(call.query, 'undo a commit');
  assert.equal(call.options.text(call.documents[0]), 'Bread\nPreheat the oven.');
});

test('a full queue gives unranked articles', async () => {
  reranker.fail('QUEUE_FULL');
  assert.deepEqual(await service.search('tea'), { ranked: false, titles: ['Bread', 'Git', 'Tea'] });
});

test('so does a reranker that hangs', async () => {
  reranker.hang();
  assert.deepEqual(await service.search('tea'), { ranked: false, titles: ['Bread', 'Git', 'Tea'] });
});

test('other errors pass', async () => {
  reranker.fail('ENGINE_FAILED', { times: 1 });
  await assert.rejects(service.search('oven'), { code: 'ENGINE_FAILED' });
  assert.deepEqual(await service.search('oven'), { ranked: true, titles: ['Bread'] });
});
