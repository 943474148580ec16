import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findCuda } from '../../../src/engine/onnx/cuda/find-cuda.ts';
import type { CudaPlaces } from '../../../src/engine/onnx/cuda/places.ts';
import { elfFile } from '../../support/elf-file.ts';

const SHARED = 'libonnxruntime_providers_shared.so';
const CUDA = 'libonnxruntime_providers_cuda.so';
const NEEDED = ['libcublasLt.so.13', 'libcublas.so.13', 'libcurand.so.10', 'libcudart.so.13', 'libcuda.so.1'];

let root: string;
let places: CudaPlaces;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rerankit-cuda-'));
  for (const name of ['binding', 'system', 'named']) await mkdir(join(root, name));
  places = {
    binding: join(root, 'binding'),
    version: '1.30.0',
    named: [],
    packages: [],
    system: [join(root, 'system')],
    loaderCache: join(root, 'ld.so.cache'),
    driver: join(root, 'driver'),
  };
});
afterEach(() => rm(root, { recursive: true }));

async function put(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(join(root, folder), { recursive: true });
  for (const name of names) await writeFile(join(root, folder, name), '');
}

async function putProviders(folder: string, needed: readonly string[] = NEEDED, version = '1.30.0'): Promise<void> {
  await put(folder, [SHARED]);
  await writeFile(join(root, folder, CUDA), elfFile([...needed, 'libc.so.6'], `text\0${version}`));
}

test('nothing there: all three ways to get the providers, with the version they must be of', () => {
  const reason = findCuda(places);
  expect(reason).toMatch(/no libonnxruntime_providers_cuda\.so in .*binding/);
  expect(reason).toContain('pip install --target ./ort-cuda "onnxruntime-gpu[cuda,cudnn]==1.30.0"');
  expect(reason).toContain('npm rebuild onnxruntime-node');
  expect(reason).toContain('RERANKIT_ORT_CUDA_DIR');
});

test('one of the two providers is not enough', async () => {
  await put('binding', [CUDA]);
  expect(findCuda(places)).toMatch(/There is no/);
});

test('providers beside the binding, CUDA in the system: libraries in an order they can be loaded in', async () => {
  await putProviders('binding');
  await put('system', NEEDED);
  const order = ['libcuda.so.1', 'libcudart.so.13', 'libcublasLt.so.13', 'libcublas.so.13', 'libcurand.so.10'];
  expect(findCuda(places)).toEqual({
    providers: join(root, 'binding'),
    libraries: order.map((name) => join(root, 'system', name)),
  });
});

test('what pip install --target makes is found as it lies, and comes before the binding', async () => {
  await putProviders('binding');
  await putProviders('named/onnxruntime/capi');
  await put('named/nvidia/cu13/lib', NEEDED.slice(0, 4));
  await put('system', ['libcuda.so.1', 'libcudart.so.13']);
  const found = findCuda({ ...places, named: [join(root, 'named')] });
  expect(found).toMatchObject({ providers: join(root, 'named', 'onnxruntime', 'capi') });
  expect(found).toHaveProperty('libraries.1', join(root, 'named', 'nvidia', 'cu13', 'lib', 'libcudart.so.13'));
});

test("the loader's cache is looked into", async () => {
  await putProviders('binding');
  await put('elsewhere', NEEDED);
  const entries = NEEDED.map((name) => `${name}\0${join(root, 'elsewhere', name)}\0`);
  await writeFile(places.loaderCache, `glibc-ld.so.cache1.1\0${entries.join('')}`);
  expect(findCuda(places)).toHaveProperty('libraries.0', join(root, 'elsewhere', 'libcuda.so.1'));
});

test('without a driver, that alone is missing', async () => {
  await putProviders('binding');
  await put('system', NEEDED.slice(0, 4));
  const reason = findCuda(places);
  expect(reason).toMatch(/NVIDIA driver \(libcuda\.so\.1\).*--gpus all/);
  expect(reason).not.toMatch(/CUDA 13 \(/);
});

test('missing parts of the toolkit are named, with the major version that the provider is built for', async () => {
  await putProviders('binding', ['libcudart.so.12', 'libcublas.so.12', 'libcudnn.so.9', 'libcuda.so.1']);
  await put('system', ['libcuda.so.1', 'libcudart.so.12']);
  const reason = findCuda(places);
  expect(reason).toMatch(/cuDNN \(libcudnn\.so\.9\): apt-get install libcudnn9-cuda-12/);
  expect(reason).toMatch(/CUDA 12 \(libcublas\.so\.12\).*cuda-libraries-12-/);
  expect(reason).not.toMatch(/NVIDIA driver/);
});

test.each([
  ['named by the core beside them', true],
  ['named in the library itself', false],
])('providers of another version are refused: %s', async (_, withCore) => {
  await putProviders('binding', NEEDED, '1.29.0');
  if (withCore) await put('binding', ['libonnxruntime.so.1.29.0']);
  await put('system', NEEDED);
  expect(findCuda(places)).toMatch(/belongs to ONNX Runtime 1\.29\.0, but onnxruntime-node is 1\.30\.0/);
});

test('a driver that is too old for the CUDA version is refused, a new one is not', async () => {
  await putProviders('binding');
  await put('system', NEEDED);
  const line = (version: string) => `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ${version}  Release\n`;
  await writeFile(places.driver, line('550.54.15'));
  expect(findCuda(places)).toMatch(/driver is 550\.54\.15; CUDA 13 needs 580/);
  await writeFile(places.driver, line('580.159.04'));
  expect(findCuda(places)).toHaveProperty('providers');
});

test('a file that is no library is refused', async () => {
  await put('binding', [SHARED, CUDA]);
  expect(findCuda(places)).toMatch(/is no Linux x64 library/);
});
