import type { Device, RefusedDevice } from '../onnx/device.ts';
import type { RunRequest } from '../onnx/protocol.ts';
import type { Batching } from './batching.ts';

/** What the worker around an ONNX export is asked. */
export interface ExportMethods {
  readonly load: {
    readonly request: ExportLoadRequest;
    readonly response: ExportLoadResponse;
    readonly progress: { readonly phase: 'session' };
  };
  readonly run: { readonly request: RunRequest; readonly response: Float32Array };
  readonly dispose: { readonly request: undefined; readonly response: undefined };
}

/** How the rows of an export are made and its answers read. */
export interface ExportInterface {
  /** The id that rows are padded with. */
  readonly padId: number;
  /** The `token_type_ids` of a prefix and of what follows. */
  readonly types: { readonly prefix: number; readonly row: number };
  /** The position id of a row's first token. */
  readonly firstPosition: number;
  /** Ids of the answers, for models that answer a prompt; `undefined` for classifiers of pairs. */
  readonly answers: { readonly yesId: number; readonly noId: number } | undefined;
  /** Of caches whose shape the export does not tell. */
  readonly kvHeads: number | undefined;
  readonly headDim: number | undefined;
}

export interface ExportLoadRequest extends ExportInterface {
  /** The export. Weights beside it are found by the names in it. */
  readonly path: string;
  /** Devices to try, in order. */
  readonly devices: readonly Device[];
  readonly deviceId: number;
  /** Where the user has CUDA libraries for ONNX Runtime. */
  readonly cudaLibraryDir: string | undefined;
  /** Threads of the CPU. */
  readonly threads: number;
  /** Most tokens of a run, padding included; a longer row runs alone. */
  readonly tokenBudget: number;
  /** Rows of unlike length, to find out how they can be run together. */
  readonly samples: RunRequest;
}

export interface ExportLoadResponse {
  readonly device: Device;
  readonly refusedDevices: readonly RefusedDevice[];
  readonly batching: Batching;
}
