import { type LoadOptions, Reranker } from 'rerankit';
import type { PeerRequest, Ranker } from './protocol.ts';
import { serve } from './serve.ts';

await serve(load);

async function load({ model, variant, threads, maxLength }: PeerRequest): Promise<Ranker> {
  // A type that this version of the library does not know is refused by it, and reported.
  const options = { dtype: variant, device: 'cpu', threads, maxLength } as LoadOptions;
  const reranker = await Reranker.load(model, options);
  return {
    settings: `${variant}, ${threads} threads`,
    async rank({ query, documents }) {
      const { results, usage } = await reranker.rerank(query, documents);
      const logits = new Array<number>(documents.length);
      for (const { index, logit } of results) logits[index] = logit;
      return { countTokens: () => usage.promptTokens, logits };
    },
    dispose: () => reranker.dispose(),
  };
}
