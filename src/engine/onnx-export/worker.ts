import { RerankitError } from '../../errors.ts';
import { type HandlerContext, serve } from '../../worker/serve.ts';
import { whyUnavailable } from '../onnx/availability.ts';
import { leaveRoomForCuda, prepareCuda } from '../onnx/cuda/prepare-cuda.ts';
import type { RefusedDevice } from '../onnx/device.ts';
import type { RunRequest } from '../onnx/protocol.ts';
import { fromRunRequest } from '../onnx/wire.ts';
import type { ExportSession } from './export-session.ts';
import type { ExportLoadRequest, ExportLoadResponse, ExportMethods } from './protocol.ts';

/** The inside of the thread that runs an ONNX export. */

type Context = HandlerContext<{ readonly phase: 'session' }>;

let session: ExportSession | undefined;

async function load(request: ExportLoadRequest, context: Context): Promise<ExportLoadResponse> {
  const forCuda = request.devices.includes('cuda');
  const noCuda = forCuda ? prepareCuda(request.cudaLibraryDir) : undefined;
  if (!forCuda) leaveRoomForCuda(request.cudaLibraryDir);
  return loadOn(request, context, noCuda);
}

/** `noCuda` is why CUDA cannot be had, if so. */
async function loadOn(request: ExportLoadRequest, context: Context, noCuda: string | undefined) {
  const { bundled, ExportSession } = await loadRuntime();
  const refusedDevices: RefusedDevice[] = [];
  for (const device of request.devices) {
    const missing = whyUnavailable(device, bundled) ?? (device === 'cuda' ? noCuda : undefined);
    if (missing !== undefined) {
      refusedDevices.push({ device, reason: missing });
      continue;
    }
    context.report({ phase: 'session' });
    try {
      session = await context.guard.enter(() => ExportSession.create(request, device));
      return { device, refusedDevices, batching: session.batching };
    } catch (error) {
      if (!RerankitError.isInstance(error, 'DEVICE_UNAVAILABLE')) throw error;
      refusedDevices.push({ device, reason: error.message });
    }
  }
  const reasons = refusedDevices.map(({ device, reason }) => `device '${device}': ${reason}`);
  throw new RerankitError('DEVICE_UNAVAILABLE', `${reasons.join(' ')} Or use device: 'cpu' or 'auto'.`);
}

/** Imported late, so that a platform without a binary gets an error of ours. */
async function loadRuntime() {
  try {
    const { listSupportedBackends } = await import('onnxruntime-node');
    const { ExportSession } = await import('./export-session.ts');
    return { bundled: listSupportedBackends().map(({ name }) => name), ExportSession };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const where = `${process.platform}/${process.arch}`;
    throw new RerankitError('DEVICE_UNAVAILABLE', `onnxruntime-node cannot be used on ${where}: ${reason}`);
  }
}

async function run(request: RunRequest, { guard }: Context): Promise<Float32Array> {
  const loaded = session;
  if (loaded === undefined) throw new Error('The engine is not loaded.');
  return guard.enter(() => loaded.run(fromRunRequest(request)));
}

async function dispose(_: undefined, { guard }: Context): Promise<undefined> {
  const loaded = session;
  session = undefined;
  if (loaded !== undefined) await guard.enter(() => loaded.release());
}

serve<ExportMethods>({ load, run, dispose });
