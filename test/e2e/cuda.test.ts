import { Reranker, RerankitError } from 'rerankit';
import { expect, test } from 'vitest';
import { type GoldenRanking, readGolden, TRAINED_MODEL } from './golden-files.ts';

interface PublishedRanking extends GoldenRanking {
  readonly logits: readonly number[];
}

const { v0 } = await readGolden<Readonly<Record<'v0', readonly PublishedRanking[]>>>('shared-scores.json');

/** The trained model on a GPU, or why there is none. */
async function loadOnGpu(): Promise<Reranker | string> {
  try {
    return await Reranker.load(TRAINED_MODEL, { device: 'cuda' });
  } catch (error) {
    if (RerankitError.isInstance(error) && error.code === 'DEVICE_UNAVAILABLE') return error.message;
    throw error;
  }
}

test('scores on a GPU are those of the reference; without a GPU the error says what is missing', {
  timeout: 60_000,
}, async () => {
  const reranker = await loadOnGpu();
  if (typeof reranker === 'string') {
    console.info(`No scores on CUDA were compared on this machine. ${reranker}`);
    expect(reranker).toMatch(/device 'cuda': .+ Or use device: 'cpu' or 'auto'\./);
    return;
  }
  try {
    expect(reranker.info).toMatchObject({ device: 'cuda', dtype: 'fp16' });
    for (const { query, documents, instruction, logits } of v0) {
      const { results } = await reranker.rerank(query, documents, instruction === undefined ? {} : { instruction });
      for (const { index, logit } of results)
        expect(Math.abs(logit - (logits[index] ?? Number.NaN))).toBeLessThan(1e-2);
    }
  } finally {
    await reranker.dispose();
  }
});
