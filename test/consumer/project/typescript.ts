import { tracingChannel } from 'node:diagnostics_channel';
import {
  type LoadOptions,
  Reranker,
  type RerankerStats,
  RerankitError,
  type RerankResponse,
  type RunTrace,
} from 'rerankit';
import { createTestReranker, type TestReranker } from 'rerankit/testing';

interface Article {
  readonly id: number;
  readonly body: string;
}

const options: LoadOptions = { device: 'auto', dtype: 'auto', onProgress: ({ phase }) => void phase };
const articles: Article[] = [
  { id: 1, body: 'one' },
  { id: 2, body: 'two' },
];

/** As a service has it: given a reranker, whichever. */
async function best(reranker: Reranker): Promise<Article | undefined> {
  const { results } = await reranker.rerank('two', articles, { text: ({ body }) => body, topN: 1 });
  return results[0]?.document;
}

async function main(): Promise<void> {
  const standIn: TestReranker = createTestReranker({ scores: ({ text }) => (text === 'two' ? 0.9 : 0.1) });
  if ((await best(standIn))?.id !== 2 || standIn.calls[0]?.query !== 'two')
    throw new Error('the stand-in did not rank');
  const runs: RunTrace[] = [];
  tracingChannel<unknown, RunTrace>('rerankit:run').subscribe({
    start: () => {},
    end: () => {},
    asyncStart: () => {},
    asyncEnd: (message) => runs.push(message),
    error: () => {},
  });
  await using reranker = await Reranker.load(undefined, options);
  const ranking: RerankResponse<Article> = await reranker.rerank('query', articles, { text: ({ body }) => body });
  const ids: number[] = ranking.results.map(({ document }) => document.id);
  const { scores } = await reranker.score([{ query: 'query', document: 'one' }]);
  const [first] = scores;
  const probability: number = first?.score ?? 0;
  try {
    // @ts-expect-error: no such device
    await Reranker.load('./model', { device: 'tpu' });
  } catch (error) {
    if (!RerankitError.isInstance(error, 'INVALID_OPTION')) throw error;
  }
  const stats: RerankerStats = reranker.stats();
  if (runs.length !== stats.total.runs || runs[0]?.documents !== 2) throw new Error('runs were not told');
  if (ids.length === 2 && probability > 0) console.log('ranked');
}

void main();
