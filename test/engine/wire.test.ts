import { sep } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commonFolder } from '../../src/engine/onnx/common-folder.ts';
import { fromRunRequest, toRunRequest } from '../../src/engine/onnx/wire.ts';

const tokens = fc
  .array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 20 })
  .map((ids) => Int32Array.from(ids));

test('a micro-batch arrives in the worker as it was sent', () => {
  const batches = fc.record({
    prefixes: fc.array(tokens, { minLength: 1, maxLength: 3 }),
    rows: fc.array(fc.record({ prefix: fc.nat(2), tokens }), { maxLength: 10 }),
  });
  fc.assert(
    fc.property(batches, (batch) => {
      expect(fromRunRequest(structuredClone(toRunRequest(batch)))).toEqual(batch);
    }),
  );
});

test('weights in several folders are named from the folder they share', () => {
  const path = (...parts: string[]) => ['', ...parts].join(sep);
  const folder = (...files: string[]) => commonFolder(files.map((file) => ({ file })));
  expect(folder(path('a', 'b', 'one'), path('a', 'b', 'two'))).toBe(path('a', 'b'));
  expect(folder(path('a', 'b', 'one'), path('a', 'bc', 'two'))).toBe(path('a'));
  expect(folder(path('a', 'one'), path('a', 'b', 'c', 'two'))).toBe(path('a'));
  expect(folder(path('a', 'one'), path('b', 'two'))).toBe(sep);
});
