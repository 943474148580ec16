import { Reranker } from 'rerankit';

// Kept outside the module: in development Next.js loads modules again at every change.
const store = globalThis as typeof globalThis & { reranker?: Promise<Reranker> | undefined };

/** The one reranker of the process, loaded at the first request; a load that failed is tried again at the next. */
export function getReranker(): Promise<Reranker> {
  store.reranker ??= Reranker.load().catch((error: unknown) => {
    store.reranker = undefined;
    throw error;
  });
  return store.reranker;
}
