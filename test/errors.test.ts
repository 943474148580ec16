import { describe, expect, test } from 'vitest';
import { ERROR_CODES, RerankitError, show } from '../src/errors.ts';

describe('show', () => {
  class Named {}
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const throwing = Object.create({
    get constructor() {
      throw new Error('no constructor');
    },
  });
  test.each([
    ['text', '"text"'],
    ['x'.repeat(100), `"${'x'.repeat(77)}..."`],
    [1.5, '1.5'],
    [10n, '10n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1, 2], 'an array of 2'],
    [() => {}, 'a function'],
    [Symbol('s'), 'a symbol'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [new Named(), 'an instance of Named'],
    [throwing, 'an object'],
    [Object.create({ constructor: { name: Symbol('n') } }), 'an object'],
  ])('case %#', (value, expected) => {
    expect(show(value)).toBe(expected);
  });

  test('a revoked proxy', () => {
    expect(show(revoked.proxy)).toBe('an object');
  });
});

test('errors are known across copies of the library, by code', () => {
  const cause = new Error('why');
  const error = new RerankitError('QUEUE_FULL', 'full', { cause });
  expect(error).toMatchObject({ name: 'RerankitError', code: 'QUEUE_FULL', message: 'full', cause });
  expect(RerankitError.isInstance(error)).toBe(true);
  expect(RerankitError.isInstance(error, 'QUEUE_FULL')).toBe(true);
  expect(RerankitError.isInstance(error, 'DISPOSED')).toBe(false);
  expect(RerankitError.isInstance(Object.assign(new Error('full'), { code: 'QUEUE_FULL' }))).toBe(false);
  // Another copy's class, marked the same way.
  const other = Object.assign(new Error('full'), { code: 'DISPOSED', [Symbol.for('rerankit.error')]: true });
  expect(RerankitError.isInstance(other, 'DISPOSED')).toBe(true);
  expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
});
