import { expect, test } from 'vitest';
import { whyUnavailable } from '../../src/engine/onnx/availability.ts';
import { laneOf } from '../../src/engine/onnx/device.ts';

test('a provider that is not built in is refused, with what is there instead', () => {
  expect(whyUnavailable('webgpu', ['cpu', 'cuda'])).toMatch(/built without it \(it has cpu, cuda\)/);
  expect(whyUnavailable('cpu', ['cpu'])).toBeUndefined();
});

test('one lane a physical device', () => {
  expect([laneOf('cpu', 0), laneOf('cpu', 1), laneOf('cuda', 0), laneOf('cuda', 1)]).toEqual([
    'cpu',
    'cpu',
    'cuda:0',
    'cuda:1',
  ]);
});
