import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { createProviderRegistry, customProvider, embed, embedMany, rerank } from 'ai';
import { Reranker } from 'rerankit';
import { createRerankit, embeddingModel, rerankingModel } from 'rerankit/ai-sdk';
import { Embedder } from 'rerankit/embedding';
import { ACCEPTED } from './framework.js';

const query = 'how to undo the last git commit';
const right = 'git reset --soft HEAD~1 undoes the last commit and keeps the changes staged.';
const texts = ['To bake bread, preheat the oven.', right, 'A cat sleeps for most of the day.'];
const objects = texts.map((body, id) => ({ id, body }));

const shown: unknown[] = [];
globalThis.AI_SDK_LOG_WARNINGS = ({ warnings }) => void shown.push(...warnings);

const reranker = await Reranker.load();
for (const specificationVersion of ACCEPTED) {
  const model = rerankingModel(reranker, { specificationVersion });

  // Texts: the same scores as without the AI SDK.
  const own = await reranker.rerank(query, texts);
  const { ranking, rerankedDocuments, providerMetadata, response } = await rerank({ model, query, documents: texts });
  assert.equal(rerankedDocuments[0], right);
  assert.deepEqual(
    ranking.map(({ originalIndex }) => originalIndex),
    own.results.map(({ index }) => index),
  );
  for (const [at, { score }] of ranking.entries()) {
    assert.ok(Math.abs(score - (own.results[at]?.score ?? Number.NaN)) < 1e-4);
  }
  assert.deepEqual(Object.keys(providerMetadata?.['rerankit'] ?? {}), Object.keys(own.usage));
  assert.equal(response.modelId, 'embedded');
  assert.deepEqual(shown, []);

  // Objects: as JSON with a warning, or by a text of their own without one.
  const json = await rerank({ model, query, documents: objects, topN: 1 });
  assert.equal(json.ranking.length, 1);
  assert.equal(json.rerankedDocuments[0], objects[1]);
  assert.deepEqual(
    shown.splice(0).map((warning) => (warning as { type: string }).type),
    ['compatibility'],
  );
  const byBody = rerankingModel(reranker, { specificationVersion, text: ({ body }: { body: string }) => body });
  const { ranking: ofBodies } = await rerank({ model: byBody, query, documents: objects });
  assert.ok(Math.abs((ofBodies[0]?.score ?? 0) - (ranking[0]?.score ?? 1)) < 1e-4);
  assert.deepEqual(shown, []);

  // An instruction for one call, and a wrong option.
  const providerOptions = { rerankit: { instruction: 'Find recipes for baking' } };
  const instructed = await rerank({ model, query, documents: texts, providerOptions });
  assert.notEqual(instructed.ranking[0]?.score, ranking[0]?.score);
  await assert.rejects(
    async () => rerank({ model, query, documents: texts, providerOptions: { rerankit: { instrction: 'x' } } }),
    { code: 'INVALID_OPTION' },
  );

  // Aborts, before and during the call.
  const reason = new DOMException('enough', 'AbortError');
  await assert.rejects(
    async () => rerank({ model, query, documents: texts, abortSignal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  const controller = new AbortController();
  const many = Array.from({ length: 500 }, (_, index) => `${index} ${right}`);
  const call = rerank({ model, query, documents: many, abortSignal: controller.signal });
  setTimeout(() => controller.abort(reason), 50);
  await assert.rejects(
    async () => call,
    (error) => error === reason,
  );
}

// Providers: in a registry, and behind names of an application's own.
const [specificationVersion] = ACCEPTED;
const provider = createRerankit({ small: reranker }, { specificationVersion });
const registry = createProviderRegistry({ rerankit: provider });
const custom = customProvider({ rerankingModels: { best: provider.rerankingModel('small') } });
for (const model of [
  provider.rerankingModel('small'),
  registry.rerankingModel('rerankit:small'),
  custom.rerankingModel('best'),
]) {
  const { rerankedDocuments } = await rerank({ model, query, documents: texts, topN: 1 });
  assert.deepEqual(rerankedDocuments, [right]);
}
assert.throws(() => registry.rerankingModel('rerankit:large'), { code: 'MODEL_NOT_FOUND' });

// An error of the reranker is not retried, and arrives as it is.
let calls = 0;
const broken = rerankingModel(
  { rerank: () => Promise.reject(new Error(`broken ${++calls}`)) },
  { specificationVersion: 'v3' },
);
await assert.rejects(async () => rerank({ model: broken, query, documents: texts }), { message: 'broken 1' });

// Embeddings: of documents, of queries, and in a provider.
const folder = fileURLToPath(new URL('./models/default', import.meta.resolve('rerankit/package.json')));
const embedder = await Embedder.load(folder, { pooling: 'last-token' });
const vectors = await embedder.embedDocuments(texts);
for (const specificationVersion of ACCEPTED) {
  const model = embeddingModel(embedder, { specificationVersion, dimensions: 64 });
  const { embeddings, usage } = await embedMany({ model, values: texts });
  assert.deepEqual(
    embeddings.map(({ length }) => length),
    [64, 64, 64],
  );
  assert.equal(usage.tokens, vectors.usage.promptTokens);
  const providerOptions = { rerankit: { inputType: 'query', dimensions: embedder.info.maxDimensions } };
  const { embedding } = await embed({ model, value: query, providerOptions });
  const own = await embedder.embedQuery(query);
  assert.ok(embedding.every((value, at) => Math.abs(value - (own.embedding[at] ?? Number.NaN)) < 1e-4));
  await assert.rejects(
    async () => embed({ model, value: query, providerOptions: { rerankit: { inputType: 'passage' } }, maxRetries: 0 }),
    { code: 'INVALID_OPTION' },
  );
}
const both = createRerankit({ small: reranker }, { specificationVersion, embedders: { recall: embedder } });
const byName = createProviderRegistry({ rerankit: both }).embeddingModel('rerankit:recall');
assert.equal((await embed({ model: byName, value: right })).embedding.length, embedder.info.maxDimensions);
await embedder.dispose();

await reranker.dispose();
console.log('ranked');
