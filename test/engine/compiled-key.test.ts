import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CompileTarget } from '../../src/compile/target.ts';
import { compiledKey } from '../../src/engine/onnx/compiled-key.ts';
import type { LoadRequest } from '../../src/engine/onnx/protocol.ts';
import type { Adapter } from '../../src/model/lora/adapter.ts';
import { readSafetensors, type TensorMap } from '../../src/model/safetensors.ts';
import { safetensorsFile } from '../model/safetensors-file.ts';
import { scratch } from '../model/scratch.ts';

const TARGETS: readonly CompileTarget[] = [
  { form: 'int8', bits: 8, laidOut: true },
  { form: 'int8', bits: 7, laidOut: true },
  { form: 'int4', bits: 8, laidOut: true },
  { form: 'int4', bits: 8, laidOut: false },
  { form: 'bf16' },
  { form: 'fp16' },
  { form: 'fp32' },
];

test('each form of a model has a key of its own, always the same one', async () => {
  const path = join(await scratch(), 'model.safetensors');
  await writeFile(path, safetensorsFile({ weight: { shape: [2, 2] } }));
  const tensors = await readSafetensors(path);
  // Of the request only this is read.
  const request = { checkpoint: { config: { layers: 1 }, tensors, adapters: [] } } as unknown as LoadRequest;
  const keys = await Promise.all(TARGETS.map((target) => compiledKey(request, target)));
  expect(new Set(keys).size).toBe(TARGETS.length);
  expect(await Promise.all(TARGETS.map((target) => compiledKey(request, target)))).toEqual(keys);
});

test('adapters count by what they hold and by their scalings, not by where they lie', async () => {
  const folder = await scratch();
  const write = async (name: string, shape: readonly number[]) => {
    const path = join(folder, name);
    await writeFile(path, safetensorsFile({ weight: { shape } }));
    return readSafetensors(path);
  };
  const tensors = await write('model.safetensors', [2, 2]);
  const weight = (map: TensorMap) => {
    const location = map.get('weight');
    if (location === undefined) throw new Error('not found');
    return location;
  };
  const [one, same, other] = [await write('one', [2, 3]), await write('same', [2, 3]), await write('other', [3, 2])];
  const adapter = (map: TensorMap, scaling: number): Adapter => {
    const { file } = weight(map);
    const updates = new Map([['weight', { down: weight(map), up: weight(map), scaling }]]);
    return { path: file, scale: 1, file, updates, replaced: new Map() };
  };
  const key = (...adapters: Adapter[]) => {
    const request = { checkpoint: { config: { layers: 1 }, tensors, adapters } } as unknown as LoadRequest;
    return compiledKey(request, { form: 'fp32' });
  };
  const first = await key(adapter(one, 1));
  expect(await key(adapter(same, 1))).toBe(first);
  const lists = [[], [adapter(one, 2)], [adapter(other, 1)], [adapter(one, 1), adapter(other, 1)]];
  const keys = [
    first,
    ...(await Promise.all(lists.map((list) => key(...list)))),
    await key(adapter(other, 1), adapter(one, 1)),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
