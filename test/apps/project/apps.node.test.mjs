import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { Reranker } from 'rerankit';
import { Embedder } from 'rerankit/embedding';
import { createHandler } from 'rerankit/server';
import { answer } from './examples/apps/chat-with-sources.mjs';
import { createApp as expressApp } from './examples/apps/express.mjs';
import { createApp as honoApp } from './examples/apps/hono.mjs';
import { answer as hybridAnswer, openSearch } from './examples/apps/hybrid-search.mjs';
import { makeIndex, readPassages, retrieve } from './examples/apps/markdown-rag.mjs';
import { createApp as expressService } from './examples/apps/serve-express.mjs';
import { createApp as honoService } from './examples/apps/serve-hono.mjs';

const articles = JSON.parse(readFileSync('examples/corpus.json', 'utf8'));
const query = 'how do I undo my last git commit?';
let reranker;
before(async () => {
  reranker = await Reranker.load();
});
after(() => reranker.dispose());

/** A stand-in that waits until it is aborted, and then says so. */
function waiting() {
  const aborted = Promise.withResolvers?.() ?? withResolvers();
  const rerank = (_query, _documents, { signal }) =>
    new Promise((_resolve, reject) => {
      const end = () => {
        aborted.resolve();
        reject(signal.reason);
      };
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  return { rerank, aborted: aborted.promise };
}

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const servers = {
  Express: async (one) => {
    const server = expressApp(one, articles).listen(0);
    await once(server, 'listening');
    return server;
  },
  Hono: async (one) => {
    const server = serve({ fetch: honoApp(one, articles).fetch, port: 0 });
    await once(server, 'listening');
    return server;
  },
};

for (const [name, start] of Object.entries(servers)) {
  describe(name, () => {
    const ask = async (one, body, init = {}) => {
      const server = await start(one);
      try {
        const headers = { 'content-type': 'application/json' };
        const url = `http://127.0.0.1:${server.address().port}/search`;
        const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), ...init });
        return { status: response.status, body: await response.json() };
      } finally {
        server.closeAllConnections();
        server.close();
      }
    };

    it('ranks as the library does', async () => {
      const { status, body } = await ask(reranker, { query, topN: 2 });
      const own = await reranker.rerank(query, articles, { text: ({ title, text }) => `${title}\n${text}`, topN: 2 });
      assert.equal(status, 200);
      assert.deepEqual(
        body.map(({ id }) => id),
        own.results.map(({ document }) => document.id),
      );
      for (const [at, { score }] of body.entries()) assert.ok(Math.abs(score - own.results[at].score) < 1e-3);
    });

    it('says what was wrong with a request, and no more than it should of other failures', async () => {
      assert.deepEqual((await ask(reranker, { query: 5 })).status, 400);
      assert.deepEqual((await ask(reranker, { query, topN: 0 })).body.code, 'INVALID_OPTION');
      const broken = { rerank: () => Promise.reject(new Error('secret')) };
      assert.deepEqual(await ask(broken, { query }), { status: 500, body: { error: 'ranking failed' } });
    });

    it('gives up when the caller hangs up', async () => {
      const { rerank, aborted } = waiting();
      const controller = new AbortController();
      const asked = ask({ rerank }, { query }, { signal: controller.signal });
      setTimeout(() => controller.abort(), 200);
      // The server must notice before it is closed.
      await Promise.all([assert.rejects(asked), aborted]);
    });
  });
}

const services = {
  Express: async (handler) => {
    const server = expressService(handler).listen(0);
    await once(server, 'listening');
    return server;
  },
  Hono: async (handler) => {
    const server = serve({ fetch: honoService(handler).fetch, port: 0 });
    await once(server, 'listening');
    return server;
  },
};

for (const [name, start] of Object.entries(services)) {
  describe(`the service in ${name}`, () => {
    const using = async (handler, work) => {
      const server = await start(handler);
      try {
        return await work(`http://127.0.0.1:${server.address().port}`);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    };
    const headers = { 'content-type': 'application/json' };
    const body = (documents) => JSON.stringify({ query, documents });

    it('ranks below its path, beside the rest of the app', async () => {
      await using(createHandler(reranker), async (url) => {
        const texts = articles.map(({ text }) => text);
        const response = await fetch(`${url}/ai/v2/rerank`, { method: 'POST', headers, body: body(texts) });
        const { results } = await response.json();
        const own = await reranker.rerank(query, texts);
        assert.equal(results[0].index, own.results[0].index);
        assert.equal((await fetch(`${url}/ai/ready`)).status, 200);
        assert.equal((await fetch(`${url}/v2/info`)).status, 404);
        assert.equal(await (await fetch(url)).text(), 'the rest of the app');
      });
    });

    it('refuses a body that is too large', async () => {
      await using(createHandler(reranker, { limits: { bodyBytes: 1000 } }), async (url) => {
        const init = { method: 'POST', headers, body: body(['x'.repeat(100_000)]) };
        assert.equal((await fetch(`${url}/ai/v2/rerank`, init)).status, 413);
      });
    });

    it('gives up when the caller hangs up', async () => {
      const { rerank, aborted } = waiting();
      const stand = {
        info: reranker.info,
        rerank,
        score: rerank,
        stats: () => reranker.stats(),
        dispose: async () => {},
      };
      await using(createHandler(stand), async (url) => {
        const controller = new AbortController();
        const init = { method: 'POST', headers, body: body(['a']), signal: controller.signal };
        const asked = fetch(`${url}/ai/v2/rerank`, init);
        setTimeout(() => controller.abort(), 200);
        await Promise.all([assert.rejects(asked), aborted]);
      });
    });
  });
}

describe('two-stage retrieval', () => {
  it('finds passages of the documentation', async () => {
    const passages = readPassages('docs');
    assert.ok(passages.length > 50);
    const index = makeIndex(passages);
    const question = 'Which command installs the CUDA libraries?';
    const { recalled, results } = await retrieve(question, { index, passages, reranker });
    assert.ok(recalled.length > 3);
    assert.equal(results.length, 3);
    assert.equal(results[0].document.file, 'cuda.md');
    assert.ok(results.every(({ document }) => recalled.includes(document)));
  });

  it('runs as a program', async () => {
    const args = ['examples/apps/markdown-rag.mjs', 'docs', 'how exact is int8?'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    assert.equal(stderr, '');
    assert.match(stdout, /recalled by BM25:\n\n[01]\.\d{3} {2}\S+\.md: /);
  });
});

describe('hybrid search over notes in English and Chinese', () => {
  const store = mkdtempSync(join(tmpdir(), 'rerankit-lancedb-'));
  let embedder;
  let search;
  before(async () => {
    // Not trained to embed, but an embedder like any other: its vectors are poor, keywords and the reranker make up for it.
    embedder = await Embedder.load('node_modules/rerankit/models/default', { pooling: 'last-token' });
    search = await openSearch('examples/apps/notes', { embedder, store });
  });
  after(async () => {
    await embedder.dispose();
    rmSync(store, { recursive: true, force: true });
  });

  for (const [question, file, title] of [
    ['how do I take back a commit?', 'en/git.md', 'Taking back a commit'],
    ['面包为什么要放盐？', 'zh/生活.md', '面包'],
    ['照片怎么备份？', 'zh/网络.md', '备份照片'],
  ]) {
    it(question, async () => {
      const { results, candidates, timings } = await hybridAnswer(question, { sources: search.sources, reranker });
      assert.deepEqual([results[0].document.file, results[0].document.title], [file, title]);
      assert.ok(search.passages.includes(results[0].document));
      assert.equal(results.length, 3);
      assert.deepEqual(Object.keys(timings.sources), ['keywords', 'vectors']);
      assert.equal(new Set(candidates.map(({ document }) => document.id)).size, candidates.length);
      // The store ranks all of them, keywords only some.
      assert.ok(candidates.some(({ ranks }) => ranks.keywords === undefined && ranks.vectors > 0));
      assert.ok(candidates.some(({ ranks }) => ranks.keywords > 0));
    });
  }
});

describe('chat with sources', () => {
  const model = (text, prompts) => ({
    specificationVersion: 'v3',
    provider: 'mock',
    modelId: 'mock',
    supportedUrls: {},
    doGenerate: async ({ prompt }) => {
      prompts.push(JSON.stringify(prompt));
      const tokens = { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined };
      return {
        content: [{ type: 'text', text }],
        finishReason: { unified: 'stop', raw: undefined },
        usage: { inputTokens: tokens, outputTokens: { total: 1, text: 1, reasoning: undefined } },
        warnings: [],
      };
    },
  });

  it('gives the model the best passages, and names those it used', async () => {
    const prompts = [];
    const found = await answer(query, { model: model('Reset it [1] [9].', prompts), reranker, passages: articles });
    assert.equal(found.text, 'Reset it [1] [9].');
    assert.equal(found.sources.length, 1);
    const [{ id, title }] = found.sources;
    assert.equal(articles.find((article) => article.id === id).title, title);
    assert.ok(prompts[0].includes(JSON.stringify(title).slice(1, -1)));
  });

  it('does not ask a model that would have nothing to go by', async () => {
    const prompts = [];
    const passages = [{ id: 'a', title: 'Bread', text: 'Preheat the oven.' }];
    const found = await answer(query, { model: model('x', prompts), reranker, passages, minScore: 0.99 });
    assert.deepEqual([found.sources, prompts], [[], []]);
  });

  it('runs as a program, with a mock model', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['examples/apps/chat-with-sources.mjs']);
    assert.match(stdout, /\n\[1\] .+ \(0\.\d{3}\)\n/);
  });
});
