import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { whyUnavailable } from '../../src/engine/onnx/availability.ts';
import { laneOf } from '../../src/engine/onnx/device.ts';

const folder = await mkdtemp(join(tmpdir(), 'rerankit-binding-'));
afterAll(() => rm(folder, { recursive: true }));

test('a provider that is not built in is refused, with what is there instead', () => {
  expect(whyUnavailable('webgpu', ['cpu', 'cuda'], folder)).toMatch(/built without it \(it has cpu, cuda\)/);
  expect(whyUnavailable('cpu', ['cpu'], folder)).toBeUndefined();
});

test('CUDA without its library names the file and the command that installs it', async () => {
  expect(whyUnavailable('cuda', ['cpu', 'cuda'], folder)).toMatch(
    /libonnxruntime_providers_cuda\.so does not exist.*ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node/,
  );
  await writeFile(join(folder, 'libonnxruntime_providers_cuda.so'), '');
  expect(whyUnavailable('cuda', ['cpu', 'cuda'], folder)).toBeUndefined();
});

test('one lane a physical device', () => {
  expect([laneOf('cpu', 0), laneOf('cpu', 1), laneOf('cuda', 0), laneOf('cuda', 1)]).toEqual([
    'cpu',
    'cpu',
    'cuda:0',
    'cuda:1',
  ]);
});
