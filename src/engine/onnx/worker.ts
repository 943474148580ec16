import { writeCheckpoint } from '../../compile/write-checkpoint.ts';
import { RerankitError } from '../../errors.ts';
import { type HandlerContext, serve } from '../../worker/serve.ts';
import { whyUnavailable } from './availability.ts';
import type { Device, RefusedDevice } from './device.ts';
import type {
  CompileRequest,
  EngineMethods,
  EngineProgress,
  LoadRequest,
  LoadResponse,
  RunRequest,
} from './protocol.ts';
import type { OnnxSession } from './session.ts';
import { fromRunRequest } from './wire.ts';

/** The inside of the engine's thread: it alone talks to ONNX Runtime. */

type Context = HandlerContext<EngineProgress>;

let session: OnnxSession | undefined;
let releaseModel = async (): Promise<void> => {};

async function load(request: LoadRequest, context: Context): Promise<LoadResponse> {
  const { bundled, OnnxSession, prepareModel } = await loadRuntime();
  const refusedDevices: RefusedDevice[] = [];
  for (const device of request.devices) {
    const missing = whyUnavailable(device, bundled);
    if (missing !== undefined) {
      refusedDevices.push({ device, reason: missing });
      continue;
    }
    const { model, dtype, warnings, release } = await prepareModel(request, device, context);
    context.report({ phase: 'session' });
    try {
      session = await context.guard.enter(() => OnnxSession.create(model, device, request));
      releaseModel = release;
      return { device, refusedDevices, dtype, warnings };
    } catch (error) {
      await release();
      const reason = error instanceof Error ? error.message : String(error);
      // Without the CPU provider there is nothing to fall back to: the model itself, or memory, is the trouble.
      if (device === 'cpu')
        throw new RerankitError('ENGINE_FAILED', `ONNX Runtime could not load the model: ${reason}`);
      refusedDevices.push({ device, reason });
    }
  }
  throw unavailable(refusedDevices);
}

/** Imported late, so that a platform without a binary gets an error of ours. */
async function loadRuntime() {
  try {
    const { listSupportedBackends } = await import('onnxruntime-node');
    const { OnnxSession } = await import('./session.ts');
    const { prepareModel } = await import('./prepare-model.ts');
    return { bundled: listSupportedBackends().map(({ name }) => name), OnnxSession, prepareModel };
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

async function run(request: RunRequest, { guard }: Context): Promise<Float32Array> {
  const loaded = session;
  if (loaded === undefined) throw new Error('The engine is not loaded.');
  return guard.enter(() => loaded.run(fromRunRequest(request)));
}

async function dispose(_: undefined, { guard }: Context): Promise<undefined> {
  const loaded = session;
  session = undefined;
  if (loaded !== undefined) await guard.enter(() => loaded.release());
  await releaseModel();
}

async function compile({ checkpoint, folder, form }: CompileRequest, { signal, report }: Context): Promise<number> {
  const onProgress = (loadedBytes: number, totalBytes: number): void => {
    signal.throwIfAborted();
    report({ phase: 'compile', waiting: false, loadedBytes, totalBytes });
  };
  return writeCheckpoint({ checkpoint, folder, form, onProgress });
}

serve<EngineMethods>({ load, run, compile, dispose });
