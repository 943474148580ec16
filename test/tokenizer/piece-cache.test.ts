import { expect, test, vi } from 'vitest';
import { PieceCache } from '../../src/tokenizer/piece-cache.ts';
import { embedded } from './embedded.ts';
import { TEST_TIMEOUT } from './texts.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT });

test('remembers what is in use and forgets the rest, within its bounds', () => {
  const cache = new PieceCache();
  cache.set('kept', [1, 2]);
  let forgotten = 0;
  for (let index = 0; index < 100_000; index++) {
    cache.set(`piece ${index}`, [index]);
    if (cache.get('kept') === undefined) forgotten++;
  }
  expect(forgotten).toBe(0);
  expect(cache.size).toBeLessThanOrEqual(2 * 16_384);
  expect(cache.get('piece 0')).toBeUndefined();
  expect(cache.get('piece 99999')).toEqual([99_999]);
});

test('is bounded in bytes before it is in entries', () => {
  const cache = new PieceCache();
  const many = Array.from({ length: 96 }, (_, index) => index);
  for (let index = 0; index < 50_000; index++) cache.set(`${index}`.padEnd(32, 'x'), many);
  // 96 + 64 + 768 bytes each, 4 MiB a generation.
  expect(cache.size).toBeLessThanOrEqual(2 * Math.ceil((4 * 2 ** 20) / 928));
  cache.set('x'.repeat(33), [1]);
  expect(cache.get('x'.repeat(33))).toBeUndefined();
});

test('does not change ids, however it is filled', async () => {
  const text = Array.from({ length: 60_000 }, (_, index) => `w${index.toString(36)}`).join(' ');
  const first = embedded.ours.encodeText(text).ids;
  expect(embedded.ours.encodeText(text).ids).toEqual(first);
  expect(Array.from(first)).toEqual(await embedded.plain(text));
});
