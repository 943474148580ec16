import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Device } from './device.ts';

const WHERE: Record<Device, string> = {
  cpu: 'Linux (x64, arm64), macOS (arm64) and Windows',
  cuda: 'Linux x64 with an NVIDIA GPU',
  webgpu: 'Linux x64 (with Vulkan), macOS arm64 and Windows',
  coreml: 'macOS arm64',
  dml: 'Windows',
};

/**
 * Why a device cannot be had, as far as that can be told without trying; `undefined` if it may work. `bundled` are the
 * names that onnxruntime-node's own build lists.
 */
export function whyUnavailable(
  device: Device,
  bundled: readonly string[],
  folder = bindingFolder(),
): string | undefined {
  if (!bundled.includes(device)) {
    return (
      `onnxruntime-node for ${process.platform}/${process.arch} is built without it (it has ${bundled.join(', ')}); ` +
      `it is available on ${WHERE[device]}.`
    );
  }
  // CUDA is compiled in, and listed, even where its libraries were never installed.
  if (device === 'cuda') {
    const library = join(folder, 'libonnxruntime_providers_cuda.so');
    if (!existsSync(library)) {
      return (
        `${library} does not exist. The library comes from onnxruntime-node's install step: run ` +
        '`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`, with CUDA 12 and cuDNN 9 installed.'
      );
    }
  }
  return undefined;
}

/** The folder of onnxruntime-node's native binding for this platform. */
function bindingFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(dirname(entry)), 'bin', 'napi-v6', process.platform, process.arch);
}
