import { type CompiledWeights, type CompileWeightsOptions, compileWeights } from '../../compile/compile-weights.ts';
import { readIndex, writeIndex } from '../../compile/compiled-index.ts';
import { FileSink } from '../../compile/file-sink.ts';
import type { CompileTarget } from '../../compile/target.ts';
import { MemorySink, type WeightSink } from '../../compile/weight-sink.ts';
import { RerankitError } from '../../errors.ts';
import { isLinear, networkTensors } from '../../model/network-tensors.ts';
import { CompiledStore } from '../../store/index.ts';
import type { HandlerContext } from '../../worker/serve.ts';
import { compiledKey } from './compiled-key.ts';
import { prepack } from './prepack.ts';
import type { EngineProgress, LoadRequest } from './protocol.ts';
import type { PlacedModel } from './session-model.ts';

const WEIGHTS = 'weights.bin';

type Context = HandlerContext<EngineProgress>;
type Prepack = NonNullable<CompileWeightsOptions['prepack']>;

/** A compiled model, and what to call once no session uses it any more. */
export interface ObtainedModel extends PlacedModel {
  readonly release: () => Promise<void>;
}

/**
 * A checkpoint in another form: from the store, where it is put if it is not there. Where the store cannot be used the
 * weights are brought into that form in memory, and `warn` is told.
 */
export async function compiledModel(
  request: LoadRequest,
  target: CompileTarget,
  context: Context,
  warn: (message: string) => void,
): Promise<ObtainedModel> {
  try {
    return await fromStore(request, target, context, warn);
  } catch (error) {
    if (!RerankitError.isInstance(error, 'CACHE_FAILED')) throw error;
    warn(`${error.message} The model is compiled in memory instead, which takes longer and more memory at each load.`);
    const sink = new MemorySink();
    // ONNX Runtime lays the matrices out itself: there is no file that would save it that.
    const compiled = await build(request, target, sink, context, undefined);
    return { compiled, weights: sink.files, release: async () => {} };
  }
}

async function fromStore(
  request: LoadRequest,
  target: CompileTarget,
  context: Context,
  warn: (message: string) => void,
): Promise<ObtainedModel> {
  const { form } = target;
  const { signal, guard, report } = context;
  if ('problem' in request.store) throw new RerankitError('CACHE_FAILED', request.store.problem);
  const store = new CompiledStore(request.store);
  const entry = await store.obtain(
    await compiledKey(request, target),
    async (writer) => {
      const file = await writer.create(WEIGHTS);
      const layOut: Prepack | undefined =
        'laidOut' in target && target.laidOut
          ? (matrix, piece) =>
              writer.scratch((folder) => guard.enter(() => prepack(target.form, matrix, piece, folder)))
          : undefined;
      await writeIndex(writer.folder, form, await build(request, target, new FileSink(file, WEIGHTS), context, layOut));
      return { form };
    },
    {
      signal,
      expectedBytes: expectedBytes(request, target),
      onWaiting: () => report({ phase: 'compile', waiting: true, loadedBytes: 0, totalBytes: 0 }),
    },
  );
  if (entry.replaced !== undefined)
    warn(`A compiled model was not as it was written (${entry.replaced}): it was made again.`);
  if (entry.oversize) {
    warn(
      `The compiled model in ${entry.folder} takes more than compiledMaxBytes (${store.maxBytes}): ` +
        'it will be removed for the next one, and made again each time.',
    );
  }
  try {
    const compiled = await readIndex(entry.folder, form);
    return { compiled, weights: entry.folder, release: entry.release };
  } catch (error) {
    await entry.release();
    throw error;
  }
}

const BITS = { int8: 8, int4: 5, bf16: 16, fp16: 16, fp32: 32 } as const;

/** About what an entry takes: embedding and norms as stored, matrices as they are and perhaps laid out. */
function expectedBytes({ checkpoint }: LoadRequest, target: CompileTarget): number {
  const bits = BITS[target.form] * ('laidOut' in target && target.laidOut ? 2 : 1);
  let bytes = 0;
  for (const name of networkTensors(checkpoint.config).keys()) {
    const location = checkpoint.tensors.get(name);
    if (location === undefined || !name.startsWith('model.')) continue;
    const count = location.shape.reduce((product, size) => product * size, 1);
    bytes += isLinear(name) ? (count * bits) / 8 : location.byteLength;
  }
  return bytes;
}

async function build(
  { checkpoint }: LoadRequest,
  form: CompileTarget,
  sink: WeightSink,
  { signal, report }: Context,
  layOut: Prepack | undefined,
): Promise<CompiledWeights> {
  const { config, tensors, adapters } = checkpoint;
  const onProgress = (loadedBytes: number, totalBytes: number): void => {
    signal.throwIfAborted();
    report({ phase: 'compile', waiting: false, loadedBytes, totalBytes });
  };
  return compileWeights({ config, tensors, adapters, form, sink, onProgress, prepack: layOut });
}
