import { DEVICES, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { canRun, DTYPES, isHalf } from './engine/onnx/dtype.ts';
import { RerankitError, show } from './errors.ts';
import { PACKED_FORMS } from './graph/packed-matrices.ts';
import type { HubOptions } from './model/resolve-options.ts';
import { boolean, callback, integer, oneOf, type Rules, signal, string } from './option-rules.ts';
import type { CompileOptions, NetworkOptions } from './types.ts';

const HUB_RULES: Rules<HubOptions> = {
  revision: string,
  cacheDir: string,
  token: string,
  endpoint: string,
  offline: boolean,
  fetch: callback,
};

export const NETWORK_RULES: Rules<NetworkOptions> = {
  device: oneOf(['auto', ...DEVICES]),
  deviceId: integer(0, 1023),
  devices: {
    expected: 'a list of integers from 0 to 1023',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(integer(0, 1023).accepts),
  },
  cudaLibraryDir: string,
  dtype: oneOf(['auto', ...DTYPES]),
  compiledDir: string,
  compiledMaxBytes: integer(0),
  threads: integer(1, 1024),
  maxLength: integer(64),
  tokenBudget: integer(1),
  attentionBudgetBytes: integer(1_000_000),
  maxQueuedDocuments: integer(1),
  ...HUB_RULES,
  onProgress: callback,
  signal,
};

/** Those of every `compile`; adapters are for rerankers. */
export const COMPILE_RULES: Rules<Omit<CompileOptions, 'adapters'>> = {
  dtype: oneOf(PACKED_FORMS),
  ...HUB_RULES,
  onProgress: callback,
  signal,
};

/** Checks options that depend on each other; returns them with lists of their own. Throws `INVALID_OPTION`. */
export function checkNetworkOptions<Options extends NetworkOptions>(call: string, own: Options): Options {
  const { device = 'auto', deviceId = 0, dtype = 'auto' } = own;
  if (deviceId !== 0 && device !== 'auto' && !NUMBERED_DEVICES.includes(device)) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option deviceId of ${call} is ${deviceId}, but ${show(device)} is not numbered; ` +
        `it goes with ${NUMBERED_DEVICES.join(' and ')}.`,
    );
  }
  if (own.devices !== undefined && device !== 'cuda') {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option devices of ${call} goes with device 'cuda', not ${show(device)}.`,
    );
  }
  if (device !== 'auto' && dtype !== 'auto' && !canRun(device, dtype)) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option dtype of ${call} is '${dtype}', which does not run on device '${device}': use device: '${isHalf(dtype) ? 'cuda' : 'cpu'}', or dtype: 'fp32'.`,
    );
  }
  return own.devices === undefined ? own : { ...own, devices: [...own.devices] };
}
