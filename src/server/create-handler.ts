import { checkReranker, type HandlerOptions, readHandlerOptions, type ServedReranker } from './handler-options.ts';
import type { ServiceState } from './lifecycle.ts';
import { Service } from './service.ts';

/** Answers requests, as `fetch` would: mount it wherever a web framework takes such a function. */
export interface RerankHandler extends AsyncDisposable {
  /** Never rejects: whatever goes wrong is answered. */
  (request: Request): Promise<Response>;
  /** `loading` until the model is there, `failed` if it never will be, `draining` from the end on. */
  readonly state: ServiceState;
  /** Refuses new requests with 503, and resolves when those under way have been answered. Idempotent. */
  drain(): Promise<void>;
  /** {@link drain}, and disposes of the reranker. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * An HTTP service around a reranker, as a function from `Request` to `Response`. It speaks the protocols of Cohere, Jina,
 * Voyage, text-embeddings-inference, vLLM, infinity and llama.cpp, and this library's own: see docs/server.md.
 *
 * With a promise of a reranker it answers 503 until that resolves; one that rejects is told to the log, and as
 * `state`. Throws `INVALID_OPTION`.
 *
 * ```ts
 * const handler = createHandler(Reranker.load(), { limits: { documents: 200 } });
 * createServer(toNodeListener(handler)).listen(8080);
 * ```
 */
export function createHandler(
  reranker: ServedReranker | Promise<ServedReranker>,
  options: HandlerOptions = {},
): RerankHandler {
  checkReranker(reranker);
  const service = new Service(reranker, readHandlerOptions(options));
  const { lifecycle } = service;
  const answer = (request: Request): Promise<Response> => service.answer(request);
  const handler = Object.assign(answer, {
    drain: () => lifecycle.drain(),
    dispose: () => lifecycle.dispose(),
    [Symbol.asyncDispose]: () => lifecycle.dispose(),
  });
  return Object.defineProperty(handler as typeof handler & { readonly state: ServiceState }, 'state', {
    enumerable: true,
    get: () => lifecycle.state,
  });
}
