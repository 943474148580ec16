import { Embedder, type EmbedderOptions } from 'rerankit/embedding';
import type { PeerRequest, Ranker } from './protocol.ts';
import { serve } from './serve.ts';

await serve(load);

async function load({ model, variant, threads, maxLength }: PeerRequest): Promise<Ranker> {
  // A type that this version of the library does not know is refused by it, and reported.
  const options = { dtype: variant, device: 'cpu', threads, maxLength, pooling: 'last-token' } as EmbedderOptions;
  const embedder = await Embedder.load(model, options);
  return {
    settings: `${variant}, ${threads} threads`,
    async rank({ query, documents }) {
      const { embeddings, usage } = await embedder.embedDocuments([query, ...documents]);
      const [asked = new Float32Array(), ...vectors] = embeddings;
      const logits = vectors.map((vector) => vector.reduce((sum, value, at) => sum + value * (asked[at] ?? 0), 0));
      return { countTokens: () => usage.promptTokens, logits };
    },
    dispose: () => embedder.dispose(),
  };
}
