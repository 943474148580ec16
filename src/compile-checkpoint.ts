import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EngineMethods, EngineProgress } from './engine/onnx/protocol.ts';
import { RerankitError, show } from './errors.ts';
import type { PackedForm } from './graph/packed-matrices.ts';
import type { Checkpoint } from './model/checkpoint.ts';
import type { CompileOptions, CompileResult } from './types.ts';
import { WorkerConnection } from './worker/connection.ts';

const DEFAULT_FORM: PackedForm = 'int8';

/**
 * Writes the checkpoint that `open` gives in packed form to a folder, which must not exist or be empty; nothing is there
 * until everything is. Options have been checked.
 */
export async function compileCheckpoint(
  folder: string,
  { dtype = DEFAULT_FORM, signal, onProgress }: CompileOptions,
  open: () => Promise<Checkpoint>,
): Promise<CompileResult> {
  const target = await emptyFolder(folder);
  signal?.throwIfAborted();
  const checkpoint = await open();
  signal?.throwIfAborted();

  const unfinished = `${target}.${process.pid}.tmp`;
  const failure = new AbortController();
  const report = (progress: EngineProgress): void => {
    try {
      onProgress?.(progress);
    } catch (error) {
      failure.abort(error);
    }
  };
  const giveUp = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const worker = new WorkerConnection<EngineMethods>(new URL('./engine-worker.js', import.meta.url), 'compiler');
  try {
    await writing(target, () => mkdir(unfinished, { recursive: true }));
    const bytes = await writing(target, () =>
      worker.call('compile', { checkpoint, folder: unfinished, form: dtype }, { onProgress: report, signal: giveUp }),
    );
    await writing(target, async () => {
      await rm(target, { recursive: true, force: true });
      await rename(unfinished, target);
    });
    return { folder: target, dtype, weightBytes: bytes };
  } catch (error) {
    giveUp.throwIfAborted();
    throw error;
  } finally {
    await worker.close();
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** The absolute path of a folder that is free to be written. */
async function emptyFolder(folder: string): Promise<string> {
  if (typeof folder !== 'string' || folder.trim() === '') {
    throw new RerankitError('INVALID_OPTION', `The folder of compile must be a path, not ${show(folder)}.`);
  }
  const path = resolve(folder);
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new RerankitError('INVALID_OPTION', `The folder of compile is ${show(folder)}, which is no folder.`, {
      cause: error,
    });
  });
  if (names.length === 0) return path;
  throw new RerankitError(
    'INVALID_OPTION',
    `The folder of compile, ${show(folder)}, is not empty: name another, or empty it.`,
  );
}

/** Errors of the system while writing become `CACHE_FAILED`. */
async function writing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (RerankitError.isInstance(cause) && cause.code !== 'ENGINE_FAILED') throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RerankitError('CACHE_FAILED', `The folder ${folder} cannot be written: ${why}.`, { cause });
  }
}
