import { RerankitError } from '../../errors.ts';
import type { Device } from '../onnx/device.ts';

/** What ONNX Runtime says of sound graphs that it, or this build of it, does not run. */
const NOT_SUPPORTED =
  /NOT_IMPLEMENTED|Could not find an implementation|is not a registered function|Unsupported model IR version|opset .* (?:is )?(?:under development|only guarantees)/i;
const NO_MEMORY = /bad_alloc|Failed to allocate memory|BFCArena|out of memory/i;

/** Sorts out why an export could not be loaded. Errors of this library pass unchanged. */
export function loadError(path: string, device: Device, error: unknown): RerankitError {
  if (RerankitError.isInstance(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  // Other devices may lack what the CPU has: the model need not be to blame.
  if (device !== 'cpu') return new RerankitError('DEVICE_UNAVAILABLE', reason, options);
  if (NO_MEMORY.test(reason))
    return new RerankitError('ENGINE_FAILED', `There is no memory for ${path}: ${reason}`, options);
  if (NOT_SUPPORTED.test(reason)) {
    return new RerankitError('MODEL_UNSUPPORTED', `ONNX Runtime does not run ${path}: ${reason}`, options);
  }
  return new RerankitError(
    'MODEL_INVALID',
    `${path} is damaged, or files of its weights are missing: ${reason}`,
    options,
  );
}
