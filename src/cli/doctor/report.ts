import type { Device } from '../../engine/onnx/device.ts';

/** What a bug report needs. No secrets, and no names of people: the home folder is shown as `~`. */
export interface DoctorReport {
  readonly versions: Readonly<Record<string, string>>;
  readonly system: SystemReport;
  readonly cpu: CpuReport;
  readonly memory: MemoryReport;
  readonly devices: readonly DeviceReport[];
  readonly caches: readonly CacheReport[];
  /** Variables that change what the library does: their values, or `set` where those may be secret. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SystemReport {
  readonly platform: string;
  readonly release: string;
  readonly arch: string;
  /** The C library of Linux. */
  readonly libc: string | undefined;
}

export interface CpuReport {
  readonly model: string;
  /** Threads of the machine, and those this process may use. */
  readonly threads: number;
  readonly usableThreads: number;
  /** Instructions that matter here; `undefined` where the system does not tell. */
  readonly features: readonly string[] | undefined;
}

export interface MemoryReport {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** A container's limit. */
  readonly limitBytes: number | undefined;
}

/** Whether a device can be had: tried with the model that comes with the package. */
export interface DeviceReport {
  readonly device: Device;
  readonly available: boolean;
  /** Why not. */
  readonly reason?: string | undefined;
  readonly loadMs?: number | undefined;
  /** Bits of weights whose 8-bit products are exact here, for the CPU; `null` if none are. */
  readonly exactInt8Bits?: number | null | undefined;
}

export interface CacheReport {
  readonly name: string;
  readonly folder?: string;
  readonly exists?: boolean;
  readonly writable?: boolean;
  readonly models?: number;
  readonly bytes?: number;
  /** Room left on its disk. */
  readonly freeBytes?: number | undefined;
  /** What keeps it from being used. */
  readonly problem?: string;
}
