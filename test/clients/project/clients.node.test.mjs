// Clients of Cohere and Voyage as they come from the registry, against `serve` with the model of the package.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createCohere } from '@ai-sdk/cohere';
import { CohereRerank } from '@langchain/cohere';
import { Document } from '@langchain/core/documents';
import { rerank } from 'ai';
import { CohereClient, CohereClientV2, CohereError } from 'cohere-ai';
import { Reranker } from 'rerankit';
import { serve } from 'rerankit/server';
import { VoyageAIClient } from 'voyageai';

const query = 'how to undo the last git commit';
const documents = [
  'To bake bread, preheat the oven.',
  'git reset --soft HEAD~1 undoes the last commit.',
  'A cat sleeps for most of the day.',
];
const key = 'sk-clients';
const model = 'embedded';

let reranker;
let server;
let own;
before(async () => {
  reranker = await Reranker.load();
  own = (await reranker.rerank(query, documents)).results;
  server = await serve(reranker, { port: 0, apiKeys: [key] });
});
after(() => server.close());

/** Indices and scores, best first, must be those of the library. */
function agree(found, count = documents.length) {
  assert.deepEqual(
    found.map(({ index }) => index),
    own.slice(0, count).map(({ index }) => index),
  );
  for (const [at, { score }] of found.entries()) assert.ok(Math.abs(score - own[at].score) < 1e-4);
}

const cohereScores = (results) => results.map(({ index, relevanceScore }) => ({ index, score: relevanceScore }));

describe('cohere-ai', () => {
  it('version 2', async () => {
    const client = new CohereClientV2({ token: key, environment: server.url });
    const all = await client.rerank({ model, query, documents });
    agree(cohereScores(all.results));
    assert.equal(typeof all.id, 'string');
    assert.equal(all.meta.apiVersion.version, '2');
    const { results } = await client.rerank({ model, query, documents, topN: 2 });
    agree(cohereScores(results), 2);
  });

  it('version 1, with and without fields that only Cohere has', async () => {
    const client = new CohereClient({ token: key, environment: server.url });
    const plain = await client.rerank({ model, query, documents, topN: 2 });
    agree(cohereScores(plain.results), 2);
    const objects = documents.map((text, at) => ({ title: `t${at}`, text }));
    const { results } = await client.rerank({
      model,
      query,
      documents: objects,
      rankFields: ['text'],
      returnDocuments: true,
    });
    agree(cohereScores(results));
    assert.equal(results[0].document.text, documents[own[0].index]);
  });

  it('reads why it was refused', async () => {
    const wrong = new CohereClientV2({ token: 'sk-other', environment: server.url });
    await assert.rejects(wrong.rerank({ model, query, documents }), (error) => {
      assert.ok(error instanceof CohereError);
      assert.equal(error.statusCode, 401);
      assert.match(error.body.message, /The API key is not one of this server/);
      return true;
    });
    const client = new CohereClientV2({ token: key, environment: server.url });
    await assert.rejects(client.rerank({ model: 'rerank-v3.5', query, documents }), ({ statusCode, body }) => {
      assert.equal(statusCode, 404);
      assert.match(body.message, /"rerank-v3.5" is not served here/);
      return true;
    });
    await assert.rejects(client.rerank({ model, query, documents, topN: 0 }), ({ statusCode }) => statusCode === 422);
  });
});

describe('@ai-sdk/cohere', () => {
  const provider = () => createCohere({ apiKey: key, baseURL: `${server.url}/v2` });

  it('ranks', async () => {
    const { ranking } = await rerank({ model: provider().reranking(model), query, documents, topN: 2 });
    agree(
      ranking.map(({ originalIndex, score }) => ({ index: originalIndex, score })),
      2,
    );
    const later = await rerank({
      model: provider().reranking(model),
      query,
      documents,
      providerOptions: { cohere: { priority: 3 } },
    });
    agree(later.ranking.map(({ originalIndex, score }) => ({ index: originalIndex, score })));
  });

  it('reads why it was refused', async () => {
    await assert.rejects(
      rerank({ model: provider().reranking('x'), query, documents, maxRetries: 0 }),
      /"x" is not served here/,
    );
  });
});

describe("LangChain's CohereRerank", () => {
  it('ranks', async () => {
    const client = new CohereClient({ token: key, environment: server.url });
    const compressor = new CohereRerank({ client, model, topN: 2 });
    const found = await compressor.compressDocuments(
      documents.map((pageContent, index) => new Document({ pageContent, metadata: { index } })),
      query,
    );
    agree(
      found.map(({ metadata }) => ({ index: metadata.index, score: metadata.relevanceScore })),
      2,
    );
    agree(
      (await compressor.rerank(documents, query)).map(({ index, relevanceScore }) => ({
        index,
        score: relevanceScore,
      })),
      2,
    );
  });
});

describe('voyageai', () => {
  const client = () => new VoyageAIClient({ apiKey: key, environment: `${server.url}/v1` });
  const scores = ({ data }) => data.map(({ index, relevanceScore }) => ({ index, score: relevanceScore }));

  it('ranks, with and without fields that only Voyage has', async () => {
    const plain = await client().rerank({ model, query, documents });
    agree(scores(plain));
    assert.equal(plain.data[0].document, undefined);
    assert.ok(plain.usage.totalTokens > 0);
    const best = await client().rerank({ model, query, documents, topK: 2, returnDocuments: true, truncation: true });
    agree(scores(best), 2);
    assert.equal(best.data[0].document, documents[own[0].index]);
    const echoed = await client().rerank({ model, query, documents, returnDocuments: true });
    assert.equal(echoed.data[0].document, documents[own[0].index]);
  });

  it('reads why it was refused', async () => {
    await assert.rejects(client().rerank({ model: 'rerank-2.5', query, documents }), ({ statusCode, body }) => {
      assert.equal(statusCode, 404);
      assert.match(body.detail, /"rerank-2.5" is not served here/);
      return true;
    });
  });
});
