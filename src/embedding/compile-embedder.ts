import { compileCheckpoint } from '../compile-checkpoint.ts';
import { describeEmbedder, openEmbedder } from '../model/embedder.ts';
import { resolveModel } from '../model/source.ts';
import type { CompileResult } from '../types.ts';
import { checkModel, readCompileOptions } from './options.ts';
import type { EmbedderCompileOptions } from './types.ts';

/**
 * Writes a smaller copy of an embedding model, with its linear layers in 8 or 4 bits, to a folder that can be shipped and
 * given to `Embedder.load` on any machine: see `compile` of `rerankit`. The copy says how the model pools.
 *
 * @param model as for `Embedder.load`
 * @param folder must not exist, or be empty; nothing is there until everything is
 * Rejects with a `RerankitError`: `INVALID_OPTION`, those of `Embedder.load` about the model, `CACHE_FAILED` if the folder
 * cannot be written; or with the reason of an aborted `signal`.
 */
export async function compile(
  model: string,
  folder: string,
  options: EmbedderCompileOptions = {},
): Promise<CompileResult> {
  const own = readCompileOptions(options);
  checkModel('compile', model);
  return compileCheckpoint(folder, own, async () => {
    const { checkpoint } = await openEmbedder(
      await resolveModel(model, { ...own, check: describeEmbedder }),
      own.pooling,
    );
    return checkpoint;
  });
}
