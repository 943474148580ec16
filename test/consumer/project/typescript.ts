import { type LoadOptions, Reranker, RerankitError, type RerankResponse } from 'rerankit';

interface Article {
  readonly id: number;
  readonly body: string;
}

const options: LoadOptions = { device: 'auto', dtype: 'auto', onProgress: ({ phase }) => void phase };
const articles: Article[] = [
  { id: 1, body: 'one' },
  { id: 2, body: 'two' },
];

async function main(): Promise<void> {
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
  if (ids.length === 2 && probability > 0) console.log('ranked');
}

void main();
