import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompiledModel } from '../../compile/compiled-index.ts';
import { readIndex, writeIndex } from '../../compile/compiled-index.ts';
import { compileWeights } from '../../compile/compile-weights.ts';
import type { MatrixForm } from '../../compile/read-matrix.ts';
import { FileSink, MemorySink, type WeightSink } from '../../compile/weight-sink.ts';
import { CompiledStore } from '../../compiled/index.ts';
import { RerankitError } from '../../errors.ts';
import { readHead } from '../../model/head.ts';
import type { HandlerContext } from '../../worker/serve.ts';
import { compiledKey } from './compiled-key.ts';
import { prepack } from './prepack.ts';
import type { EngineProgress, LoadRequest } from './protocol.ts';
import { modelFromCompiled, type SessionModel } from './session-model.ts';

const WEIGHTS = 'weights.bin';

type Context = HandlerContext<EngineProgress>;

/**
 * A checkpoint in a packed form: from the store, where it is put if it is not there. Where the store cannot be used the
 * weights are brought into that form in memory, and `warn` is told.
 */
export async function compiledModel(
  request: LoadRequest,
  form: MatrixForm,
  context: Context,
  warn: (message: string) => void,
): Promise<SessionModel> {
  try {
    return await fromStore(request, form, context);
  } catch (error) {
    if (!RerankitError.isInstance(error, 'CACHE_FAILED')) throw error;
    warn(`${error.message} The model is compiled in memory instead, which takes longer and more memory at each load.`);
    const sink = new MemorySink();
    // ONNX Runtime lays the matrices out itself: there is no file that would save it that.
    const compiled = await build(request, form, sink, context, undefined);
    return modelFromCompiled(request, compiled, sink.files);
  }
}

async function fromStore(request: LoadRequest, form: MatrixForm, context: Context): Promise<SessionModel> {
  const { signal, guard, report } = context;
  const store = new CompiledStore(request.store);
  const entry = await store.obtain(
    compiledKey(request, form),
    async (folder) => {
      const file = await open(join(folder, WEIGHTS), 'wx');
      try {
        const layOut = (matrix: Parameters<typeof prepack>[1]) => guard.enter(() => prepack(form.form, matrix));
        await writeIndex(folder, await build(request, form, new FileSink(file, WEIGHTS), context, layOut));
        await file.datasync();
      } finally {
        await file.close();
      }
    },
    { signal, onWaiting: () => report({ phase: 'compile', waiting: true, loadedBytes: 0, totalBytes: 0 }) },
  );
  return modelFromCompiled(request, await readIndex(entry.folder, form.form), entry.folder);
}

async function build(
  { checkpoint, yesId, noId }: LoadRequest,
  form: MatrixForm,
  sink: WeightSink,
  { signal, report }: Context,
  layOut: Parameters<typeof compileWeights>[0]['prepack'],
): Promise<CompiledModel> {
  const { config, tensors, headTensor } = checkpoint;
  const head = await readHead(tensors, headTensor, yesId, noId);
  const onProgress = (loadedBytes: number, totalBytes: number): void => {
    signal.throwIfAborted();
    report({ phase: 'compile', waiting: false, loadedBytes, totalBytes });
  };
  return { ...(await compileWeights({ config, tensors, form, sink, onProgress, prepack: layOut })), head };
}
