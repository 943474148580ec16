import type { Checkpoint } from '../../model/checkpoint.ts';
import type { Device, RefusedDevice } from './device.ts';
import type { Dtype } from './dtype.ts';

/** What the engine's worker is asked. */
export interface EngineMethods {
  readonly load: { readonly request: LoadRequest; readonly response: LoadResponse };
  readonly run: { readonly request: RunRequest; readonly response: Float32Array };
  readonly dispose: { readonly request: undefined; readonly response: undefined };
}

/** Everything a session is made from. */
export interface LoadRequest {
  readonly checkpoint: Pick<Checkpoint, 'config' | 'tensors' | 'headTensor'>;
  /** Vocabulary ids of the answers. */
  readonly yesId: number;
  readonly noId: number;
  /** The longest prompt that will be run, in tokens. */
  readonly maxLength: number;
  /** Devices to try, in order. */
  readonly devices: readonly Device[];
  readonly deviceId: number;
  readonly dtype: Dtype | 'auto';
  /** Where the user has CUDA libraries for ONNX Runtime. */
  readonly cudaLibraryDir: string | undefined;
  /** Threads of the CPU. */
  readonly threads: number;
  /** Most bytes of attention scores at a time. */
  readonly attentionBudgetBytes: number;
}

export interface LoadResponse {
  readonly device: Device;
  readonly refusedDevices: readonly RefusedDevice[];
  readonly dtype: Dtype;
  /** Tokens of a micro-batch that suit the device, where that depends on it. */
  readonly tokenBudget?: number;
}

/** A micro-batch in flat arrays, which move to the worker instead of being copied. */
export interface RunRequest {
  /** The prefixes' tokens, then the rows' tokens. */
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly prefixLengths: Int32Array;
  readonly rowLengths: Int32Array;
  /** The prefix of each row. */
  readonly rowPrefixes: Int32Array;
}
