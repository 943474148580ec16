/** Execution providers that onnxruntime-node may have. Which one a machine has depends on platform and installation. */
export const DEVICES = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const;

/** Where a network can run. */
export type Device = (typeof DEVICES)[number];

/**
 * What `device: 'auto'` tries, in order. Nobody has measured this graph on WebGPU, CoreML and DirectML, which makes them a
 * choice of the user's.
 */
export const AUTO_DEVICES: readonly Device[] = ['cuda', 'cpu'];

/** Devices that a machine may have several of, and that ONNX Runtime lets one choose among. */
export const NUMBERED_DEVICES: readonly Device[] = ['cuda', 'dml'];

/** A device that was considered and could not be used. */
export interface RefusedDevice {
  readonly device: Device;
  /** What is missing, and how to get it. */
  readonly reason: string;
}

/** Key of the process-wide lane: work for one physical device takes turns. */
export function laneOf(device: Device, deviceId: number): string {
  return NUMBERED_DEVICES.includes(device) ? `${device}:${deviceId}` : device;
}
