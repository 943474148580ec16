import type { LoadRequest } from './engine/onnx/protocol.ts';
import { RerankitError } from './errors.ts';
import type { LoadProgress } from './model/progress.ts';
import { compiledFolder } from './store/index.ts';
import type { NetworkOptions } from './types.ts';

/** How loading is watched and given up. */
export interface LoadWatch {
  /** Aborted when the caller gives up, when `onProgress` throws, or by {@link LoadStart.fail}. */
  readonly signal: AbortSignal;
  /** Never throws: it is called in events of the engine's. */
  readonly onProgress: (progress: LoadProgress) => void;
}

/** What every load begins with. */
export interface LoadStart extends LoadWatch {
  /** Where compiled models are kept, or why they cannot be. */
  readonly store: LoadRequest['store'];
  /** Gives up loading: what is under way rejects with `error`. */
  readonly fail: (error: unknown) => void;
}

/** Throws `INVALID_OPTION`, or the reason of a signal that is aborted already. */
export function startLoad(options: NetworkOptions): LoadStart {
  const { onProgress, signal } = options;
  signal?.throwIfAborted();
  const failure = new AbortController();
  const fail = (error: unknown): void => failure.abort(error);
  return {
    store: storeOf(options),
    signal: AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]),
    onProgress: (progress) => {
      try {
        onProgress?.(progress);
      } catch (error) {
        fail(error);
      }
    },
    fail,
  };
}

/** A user without a place for compiled models can still run every model. */
function storeOf({ compiledDir, compiledMaxBytes }: NetworkOptions): LoadRequest['store'] {
  try {
    const folder = compiledFolder(compiledDir);
    return compiledMaxBytes === undefined ? { folder } : { folder, maxBytes: compiledMaxBytes };
  } catch (error) {
    if (!RerankitError.isInstance(error, 'CACHE_FAILED')) throw error;
    return { problem: error.message };
  }
}
