import { compileCheckpoint } from './compile-checkpoint.ts';
import { describeReranker, openCheckpoint } from './model/checkpoint.ts';
import { openAdapters, withAdapters } from './model/lora/with-adapters.ts';
import { resolveModel } from './model/source.ts';
import { readCompileOptions } from './options.ts';
import type { CompileOptions, CompileResult } from './types.ts';

/**
 * Writes a smaller copy of a model, with its linear layers in 8 or 4 bits, to a folder that can be shipped and given to
 * `Reranker.load` on any machine: about a quarter or an eighth of float32. It is an ordinary checkpoint in the form of the
 * library compressed-tensors, so that others can read it too. Weights go through memory tensor by tensor, in a thread of
 * their own.
 *
 * @param model as for `Reranker.load`
 * @param folder must not exist, or be empty; nothing is there until everything is
 * Rejects with a `RerankitError`: `INVALID_OPTION`, those of `Reranker.load` about the model, `CACHE_FAILED` if the folder
 * cannot be written; or with the reason of an aborted `signal`.
 */
export async function compile(
  model: string | undefined,
  folder: string,
  options: CompileOptions = {},
): Promise<CompileResult> {
  const own = readCompileOptions(options);
  return compileCheckpoint(folder, own, async () => {
    const adapters = await openAdapters(own.adapters);
    return withAdapters(await openCheckpoint(await resolveModel(model, { ...own, check: describeReranker })), adapters);
  });
}
