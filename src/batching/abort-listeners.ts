interface Entry {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const entries = new WeakMap<AbortSignal, Entry>();

/**
 * Calls `callback` when `signal` is aborted; the function that is returned stops that. However many calls share a
 * signal (all that serve one web request, say) it gets one listener: Node warns of a leak from the eleventh, and
 * removing one of many takes a search.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const entry = entries.get(signal) ?? listen(signal);
  entry.callbacks.add(callback);
  return () => {
    entry.callbacks.delete(callback);
    if (entry.callbacks.size > 0 || entries.get(signal) !== entry) return;
    signal.removeEventListener('abort', entry.listener);
    entries.delete(signal);
  };
}

function listen(signal: AbortSignal): Entry {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    for (const callback of callbacks) callback();
  };
  const entry = { callbacks, listener };
  entries.set(signal, entry);
  signal.addEventListener('abort', listener, { once: true });
  return entry;
}
