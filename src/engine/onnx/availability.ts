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
 * names that onnxruntime-node's own build lists. CUDA is among them even where its libraries are missing.
 */
export function whyUnavailable(device: Device, bundled: readonly string[]): string | undefined {
  if (!bundled.includes(device)) {
    return (
      `onnxruntime-node for ${process.platform}/${process.arch} is built without it (it has ${bundled.join(', ')}); ` +
      `it is available on ${WHERE[device]}.`
    );
  }
  return undefined;
}
