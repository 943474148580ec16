import type { PackedForm } from '../../graph/packed-matrices.ts';
import type { Checkpoint } from '../../model/checkpoint.ts';
import type { CompileProgress } from '../../model/progress.ts';
import type { CompiledStoreOptions } from '../../store/index.ts';
import type { DtypeChoice } from './choose-dtype.ts';
import type { Device, RefusedDevice } from './device.ts';
import type { Dtype } from './dtype.ts';

/** What the engine's worker is asked. */
export interface EngineMethods {
  readonly load: { readonly request: LoadRequest; readonly response: LoadResponse; readonly progress: EngineProgress };
  /** Once, after `load` and before the first `run`; not for embedders. */
  readonly answers: { readonly request: AnswerIds; readonly response: undefined };
  readonly run: { readonly request: RunRequest; readonly response: Float32Array };
  /** Resolves to the bytes of the weights. */
  readonly compile: { readonly request: CompileRequest; readonly response: number; readonly progress: EngineProgress };
  readonly dispose: { readonly request: undefined; readonly response: undefined };
}

/** A checkpoint to be written in a packed form. */
export interface CompileRequest {
  readonly checkpoint: Checkpoint;
  /** Empty. */
  readonly folder: string;
  readonly form: PackedForm;
}

/** Everything a session is made from. */
export interface LoadRequest {
  readonly checkpoint: Pick<Checkpoint, 'config' | 'tensors' | 'headTensor' | 'adapters'>;
  /** The longest prompt that will be run, in tokens. */
  readonly maxLength: number;
  readonly dtype: Dtype | 'auto';
  /** Memory that this process may have, in bytes. */
  readonly memoryBytes: number;
  /** Where compiled models are kept, or why they cannot be. */
  readonly store: CompiledStoreOptions | { readonly problem: string };
  /** Devices to try, in order. */
  readonly devices: readonly Device[];
  readonly deviceId: number;
  /** Where the user has CUDA libraries for ONNX Runtime. */
  readonly cudaLibraryDir: string | undefined;
  /** Threads of the CPU. */
  readonly threads: number;
  /** Most bytes of attention scores at a time. */
  readonly attentionBudgetBytes: number;
}

/** Vocabulary ids of the answers. */
export interface AnswerIds {
  readonly yesId: number;
  readonly noId: number;
}

export interface LoadResponse {
  readonly device: Device;
  readonly refusedDevices: readonly RefusedDevice[];
  readonly dtype: DtypeChoice;
  /** What the user should know, though the model works. */
  readonly warnings: readonly string[];
  /** Tokens of a micro-batch that suit the device, where that depends on it. */
  readonly tokenBudget?: number;
}

/** How loading goes. */
export type EngineProgress = CompileProgress | { readonly phase: 'session' };

/** A micro-batch in flat arrays, which move to the worker instead of being copied. */
export interface RunRequest {
  /** The prefixes' tokens, then the rows' tokens. */
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly prefixLengths: Int32Array;
  readonly rowLengths: Int32Array;
  /** The prefix of each row. */
  readonly rowPrefixes: Int32Array;
}
