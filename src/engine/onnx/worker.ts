import { RerankitError } from '../../errors.ts';
import type { NativeGuard } from '../../worker/native-guard.ts';
import { serve } from '../../worker/serve.ts';
import { whyUnavailable } from './availability.ts';
import { compile } from './compile.ts';
import type { CudaSession } from './cuda/cuda-session.ts';
import { halfTypeOf } from './cuda/half-type.ts';
import { prepareCuda } from './cuda/prepare-cuda.ts';
import { cudaTokenBudget, freeGpuMemory } from './cuda/token-budget.ts';
import type { Device, RefusedDevice } from './device.ts';
import type { EngineMethods, LoadRequest, LoadResponse, RunRequest } from './protocol.ts';
import type { OnnxSession } from './session.ts';
import { fromRunRequest } from './wire.ts';

/** The inside of the engine's thread: it alone talks to ONNX Runtime. */

let session: OnnxSession | CudaSession | undefined;

async function load(request: LoadRequest, guard: NativeGuard): Promise<LoadResponse> {
  const cuda = request.devices.includes('cuda') ? prepareCuda(request.cudaLibraryDir) : undefined;
  try {
    return await loadOn(request, guard, cuda?.refused);
  } finally {
    cuda?.done();
  }
}

async function loadOn(request: LoadRequest, guard: NativeGuard, noCuda: string | undefined): Promise<LoadResponse> {
  const { bundled, OnnxSession, CudaSession } = await loadRuntime();
  const refusedDevices: RefusedDevice[] = [];
  for (const device of request.devices) {
    const missing = whyUnavailable(device, bundled) ?? (device === 'cuda' ? noCuda : whyNotIn(request.dtype, device));
    if (missing !== undefined) {
      refusedDevices.push({ device, reason: missing });
      continue;
    }
    try {
      if (device === 'cuda' && request.dtype !== 'fp32') {
        const { config, tensors } = request.checkpoint;
        const type = request.dtype === 'auto' ? halfTypeOf(tensors) : request.dtype;
        session = await guard.enter(() => CudaSession.create(request, type));
        const tokenBudget = cudaTokenBudget(config, await freeGpuMemory(request.deviceId));
        return { device, refusedDevices, dtype: type, tokenBudget };
      }
      const model = await compile(request);
      session = await guard.enter(() => OnnxSession.create(model, device, request));
      return { device, refusedDevices, dtype: 'fp32' };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Without the CPU provider there is nothing to fall back to: the model itself, or memory, is the trouble.
      if (device === 'cpu')
        throw new RerankitError('ENGINE_FAILED', `ONNX Runtime could not load the model: ${reason}`);
      refusedDevices.push({ device, reason });
    }
  }
  throw unavailable(refusedDevices);
}

function whyNotIn(dtype: LoadRequest['dtype'], device: Device): string | undefined {
  return dtype === 'bf16' || dtype === 'fp16' ? `dtype '${dtype}' runs on CUDA only, not on '${device}'.` : undefined;
}

/** Imported late, so that a platform without a binary gets an error of ours. */
async function loadRuntime() {
  try {
    const { listSupportedBackends } = await import('onnxruntime-node');
    const { OnnxSession } = await import('./session.ts');
    const { CudaSession } = await import('./cuda/cuda-session.ts');
    return { bundled: listSupportedBackends().map(({ name }) => name), OnnxSession, CudaSession };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RerankitError(
      'DEVICE_UNAVAILABLE',
      `onnxruntime-node cannot be used on ${process.platform}/${process.arch}: ${reason}`,
    );
  }
}

function unavailable(refused: readonly RefusedDevice[]): RerankitError {
  const reasons = refused.map(
    ({ device, reason }: { device: Device; reason: string }) => `device '${device}': ${reason}`,
  );
  return new RerankitError('DEVICE_UNAVAILABLE', `${reasons.join(' ')} Or use device: 'cpu' or 'auto'.`);
}

async function run(request: RunRequest, guard: NativeGuard): Promise<Float32Array> {
  const loaded = session;
  if (loaded === undefined) throw new Error('The engine is not loaded.');
  return guard.enter(() => loaded.run(fromRunRequest(request)));
}

async function dispose(_: undefined, guard: NativeGuard): Promise<undefined> {
  const loaded = session;
  session = undefined;
  if (loaded !== undefined) await guard.enter(() => loaded.release());
}

serve<EngineMethods>({ load, run, dispose });
