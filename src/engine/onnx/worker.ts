import { writeCheckpoint } from '../../compile/write-checkpoint.ts';
import { RerankitError } from '../../errors.ts';
import { readHead } from '../../model/head.ts';
import { type HandlerContext, serve } from '../../worker/serve.ts';
import { whyUnavailable } from './availability.ts';
import { chooseCudaDtype } from './cuda/choose-cuda-dtype.ts';
import type { CudaSession } from './cuda/cuda-session.ts';
import { leaveRoomForCuda, prepareCuda } from './cuda/prepare-cuda.ts';
import { cudaTokenBudget, freeGpuMemory } from './cuda/token-budget.ts';
import type { Device, RefusedDevice } from './device.ts';
import type {
  AnswerIds,
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

let session: OnnxSession | CudaSession | undefined;
let loadedCheckpoint: LoadRequest['checkpoint'] | undefined;
let releaseModel = async (): Promise<void> => {};

async function load(request: LoadRequest, context: Context): Promise<LoadResponse> {
  const forCuda = request.devices.includes('cuda');
  const noCuda = forCuda ? prepareCuda(request.cudaLibraryDir) : undefined;
  if (!forCuda) leaveRoomForCuda(request.cudaLibraryDir);
  const response = await loadOn(request, context, noCuda);
  loadedCheckpoint = request.checkpoint;
  return response;
}

/** `noCuda` is why CUDA cannot be had, if so. */
async function loadOn(request: LoadRequest, context: Context, noCuda: string | undefined): Promise<LoadResponse> {
  const { bundled, OnnxSession, CudaSession, prepareModel, prepareCudaModel } = await loadRuntime();
  const refusedDevices: RefusedDevice[] = [];
  for (const device of request.devices) {
    const missing = whyUnavailable(device, bundled) ?? (device === 'cuda' ? noCuda : undefined);
    const choice = device === 'cuda' && missing === undefined ? await chooseOnCuda(request) : undefined;
    const refusal = missing ?? (typeof choice === 'string' ? choice : undefined);
    if (refusal !== undefined) {
      refusedDevices.push({ device, reason: refusal });
      continue;
    }
    if (typeof choice === 'object') {
      const { model, dtype, warnings, release } = await prepareCudaModel(request, choice, context);
      context.report({ phase: 'session' });
      try {
        session = await context.guard.enter(() => CudaSession.create(model, request));
        releaseModel = release;
        const tokenBudget = cudaTokenBudget(request.checkpoint.config, await freeGpuMemory(request.deviceId));
        return { device, refusedDevices, dtype, warnings, tokenBudget };
      } catch (error) {
        await release();
        refusedDevices.push({ device, reason: messageOf(error) });
        continue;
      }
    }
    const { model, dtype, warnings, release } = await prepareModel(request, device, context);
    context.report({ phase: 'session' });
    try {
      session = await context.guard.enter(() => OnnxSession.create(model, device, request));
      releaseModel = release;
      return { device, refusedDevices, dtype, warnings };
    } catch (error) {
      await release();
      const reason = messageOf(error);
      // Without the CPU provider there is nothing to fall back to: the model itself, or memory, is the trouble.
      if (device === 'cpu')
        throw new RerankitError('ENGINE_FAILED', `ONNX Runtime could not load the model: ${reason}`);
      refusedDevices.push({ device, reason });
    }
  }
  throw unavailable(refusedDevices);
}

function chooseOnCuda({ dtype, checkpoint, deviceId }: LoadRequest): ReturnType<typeof chooseCudaDtype> {
  const { config, tensors } = checkpoint;
  return chooseCudaDtype({ dtype, config, tensors, freeBytes: () => freeGpuMemory(deviceId) });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Imported late, so that a platform without a binary gets an error of ours. */
async function loadRuntime() {
  try {
    const { listSupportedBackends } = await import('onnxruntime-node');
    const { OnnxSession } = await import('./session.ts');
    const { CudaSession } = await import('./cuda/cuda-session.ts');
    const { prepareModel } = await import('./prepare-model.ts');
    const { prepareCudaModel } = await import('./cuda/prepare-cuda-model.ts');
    const bundled = listSupportedBackends().map(({ name }) => name);
    return { bundled, OnnxSession, CudaSession, prepareModel, prepareCudaModel };
  } catch (error) {
    throw new RerankitError(
      'DEVICE_UNAVAILABLE',
      `onnxruntime-node cannot be used on ${process.platform}/${process.arch}: ${messageOf(error)}`,
    );
  }
}

function unavailable(refused: readonly RefusedDevice[]): RerankitError {
  const reasons = refused.map(
    ({ device, reason }: { device: Device; reason: string }) => `device '${device}': ${reason}`,
  );
  return new RerankitError('DEVICE_UNAVAILABLE', `${reasons.join(' ')} Or use device: 'cpu' or 'auto'.`);
}

async function answers({ yesId, noId }: AnswerIds): Promise<undefined> {
  if (session === undefined || loadedCheckpoint === undefined) throw new Error('The engine is not loaded.');
  const { tensors, headTensor } = loadedCheckpoint;
  if (headTensor === undefined) throw new Error('An embedder has no head.');
  session.head = await readHead(tensors, headTensor, yesId, noId);
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

serve<EngineMethods>({ load, answers, run, compile, dispose });
