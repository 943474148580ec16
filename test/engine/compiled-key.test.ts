import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CompileTarget } from '../../src/compile/target.ts';
import { compiledKey } from '../../src/engine/onnx/compiled-key.ts';
import type { LoadRequest } from '../../src/engine/onnx/protocol.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { safetensorsFile } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';

const TARGETS: readonly CompileTarget[] = [
  { form: 'int8', bits: 8, laidOut: true },
  { form: 'int8', bits: 7, laidOut: true },
  { form: 'int4', bits: 8, laidOut: true },
  { form: 'int4', bits: 8, laidOut: false },
  { form: 'bf16' },
  { form: 'fp16' },
];

test('each form of a model has a key of its own, always the same one', async () => {
  const path = join(await scratch(), 'model.safetensors');
  await writeFile(path, safetensorsFile({ weight: { shape: [2, 2] } }));
  const tensors = await readSafetensors(path);
  // Of the request only this is read.
  const request = { checkpoint: { config: { layers: 1 }, tensors } } as unknown as LoadRequest;
  const keys = await Promise.all(TARGETS.map((target) => compiledKey(request, target)));
  expect(new Set(keys).size).toBe(TARGETS.length);
  expect(await Promise.all(TARGETS.map((target) => compiledKey(request, target)))).toEqual(keys);
});
