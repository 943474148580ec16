import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LongDocuments, Reranker, type RerankOptions } from 'rerankit';
import { createTestReranker } from 'rerankit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeExport } from '../onnx-exports/export-folder.ts';

const QUERY = 'how to undo the last git commit';
const FILLER = 'The oven is hot. Bread needs salt and time. A cat sleeps on the warm stones of the yard. ';
const ANSWER = 'git reset --soft HEAD~1 undoes the last commit and keeps your changes. ';
const DOCUMENTS = [
  FILLER.repeat(12) + ANSWER + FILLER.repeat(12),
  FILLER.repeat(20),
  ANSWER,
  '',
  '使用 git revert 可以撤销最近一次提交。面包需要盐。'.repeat(20),
];
const WINDOW = { window: 64, overlap: 16 } as const;

let reranker: Reranker;
beforeAll(async () => {
  reranker = await Reranker.load();
});
afterAll(() => reranker.dispose());

async function rank(longDocuments: RerankOptions<string>['longDocuments'], documents: readonly string[] = DOCUMENTS) {
  const { results, usage } = await reranker.rerank(QUERY, documents, { longDocuments });
  return { results: results.toSorted((a, b) => a.index - b.index), usage };
}

/** Scores of texts, each as a document. */
async function logits(texts: readonly string[]): Promise<number[]> {
  const { scores } = await reranker.score(texts.map((document) => ({ query: QUERY, document })));
  return scores.map(({ logit }) => logit);
}

describe('long documents', () => {
  it('have the score of their best passage, which is where it says', async () => {
    const { results } = await rank(WINDOW);
    for (const { document, logit, score, truncated, passage } of results) {
      if (passage === undefined) throw new Error('no passage');
      const [alone] = await logits([document.slice(passage.start, passage.end)]);
      expect(passage.logit).toBeCloseTo(alone ?? Number.NaN, 4);
      expect([logit, score, truncated]).toEqual([passage.logit, passage.score, false]);
    }
    const [first] = results;
    expect(first?.document.slice(first.passage?.start, first.passage?.end)).toContain(ANSWER.trim());
    expect(first?.logit).toBeGreaterThan((results[1]?.logit ?? 0) + 1);
  });

  it('that are short score as ever', async () => {
    const short = [ANSWER, '', 'Bread needs salt.'];
    const plain = await logits(short);
    for (const combine of ['max', 'mean', 'first'] as const) {
      const { results } = await rank({ ...WINDOW, combine }, short);
      for (const [at, { logit, passage, document }] of results.entries()) {
        expect(logit).toBeCloseTo(plain[at] ?? Number.NaN, 5);
        expect(passage).toMatchObject({ start: 0, end: document.length, logit });
      }
    }
  });

  it('are the largest, the mean or the first of what all their passages score', async () => {
    const sentences = [FILLER, ANSWER, FILLER, FILLER];
    // Each is too much for half a window and two are too much for one: the passages are known.
    const window = 32;
    const document = sentences.join('');
    const seen: string[] = [];
    for (let at = 0; at < document.length; ) {
      const { results } = await rank({ window, overlap: 0, combine: 'first' }, [document.slice(at)]);
      const [{ passage, truncated } = { passage: undefined, truncated: false }] = results;
      const end = passage?.end ?? 0;
      seen.push(document.slice(at, at + end));
      at += end;
      expect(truncated).toBe(at < document.length);
    }
    expect(seen.length).toBeGreaterThan(2);
    const parts = await logits(seen);
    const logitOf = async (combine: LongDocuments['combine']) =>
      (await rank({ window, overlap: 0, combine }, [document])).results[0]?.logit ?? Number.NaN;
    expect(await logitOf('max')).toBeCloseTo(Math.max(...parts), 4);
    expect(await logitOf('mean')).toBeCloseTo(parts.reduce((sum, logit) => sum + logit, 0) / parts.length, 4);
    expect(await logitOf('first')).toBeCloseTo(parts[0] ?? Number.NaN, 4);
  });

  it('never have passages that do not fit with the query, and lose nothing', async () => {
    await using small = await Reranker.load(undefined, { maxLength: 160 });
    const { results, usage } = await small.rerank(QUERY, DOCUMENTS, { longDocuments: { window: 4096 } });
    for (const { truncated, passage } of results) expect([truncated, passage !== undefined]).toEqual([false, true]);
    const truncating = await small.rerank(QUERY, DOCUMENTS);
    expect(truncating.results.some(({ truncated, passage }) => truncated && passage === undefined)).toBe(true);
    expect(usage.promptTokens).toBeGreaterThan(truncating.usage.promptTokens);
    expect(usage.savedTokens).toBeGreaterThan(truncating.usage.savedTokens);
  });

  it('count as documents in the totals, and as passages in progress', async () => {
    const before = reranker.stats().total.documents;
    const totals: number[] = [];
    await reranker.rerank(QUERY, DOCUMENTS, {
      longDocuments: WINDOW,
      onProgress: ({ scored, total }) => totals.push(scored / total, total),
    });
    expect(reranker.stats().total.documents - before).toBe(DOCUMENTS.length);
    expect(totals.at(-2)).toBe(1);
    expect(totals.at(-1)).toBeGreaterThan(20);
  });

  it('of objects, with topN and minScore', async () => {
    const documents = DOCUMENTS.map((body) => ({ body }));
    const { results } = await reranker.rerank(QUERY, documents, {
      text: ({ body }) => body,
      topN: 2,
      minScore: 0.01,
      longDocuments: { window: 64 },
    });
    expect(results.length).toBeLessThanOrEqual(2);
    expect(results.every(({ passage, document }) => (passage?.end ?? 0) <= document.body.length)).toBe(true);
    expect((await reranker.rerank(QUERY, [], { longDocuments: {} })).results).toEqual([]);
  });

  it('go through an ONNX export too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rerankit-long-'));
    try {
      await writeExport(folder, 'bert', { 'onnx/model.onnx': 'model.onnx' });
      await using cross = await Reranker.load(folder);
      const { results } = await cross.rerank(QUERY, DOCUMENTS, { longDocuments: { window: 32, overlap: 8 } });
      for (const { passage, logit, document, truncated } of results) {
        const { scores } = await cross.score([
          { query: QUERY, document: document.slice(passage?.start, passage?.end) },
        ]);
        expect(logit).toBeCloseTo(scores[0]?.logit ?? Number.NaN, 4);
        expect(truncated).toBe(false);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('calls with long documents', () => {
  it('leave the event loop free, and are given up when they are aborted', async () => {
    const huge = ANSWER.repeat(60_000);
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const reason = new Error('enough');
    const controller = new AbortController();
    const started = reranker.rerank(QUERY, [huge], { longDocuments: { window: 512 }, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 500);
    await expect(started).rejects.toBe(reason);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
    // Others go on.
    expect((await rank(WINDOW)).results).toHaveLength(DOCUMENTS.length);
  });

  it('are finished by dispose, and refused after it', async () => {
    const other = await Reranker.load();
    const call = other.rerank(QUERY, DOCUMENTS, { longDocuments: WINDOW });
    await Promise.resolve();
    const end = other.dispose();
    expect((await call).results).toHaveLength(DOCUMENTS.length);
    await end;
    await expect(other.rerank(QUERY, DOCUMENTS, { longDocuments: WINDOW })).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('are refused where there are more passages than the queue takes', async () => {
    await using small = await Reranker.load(undefined, { maxQueuedDocuments: 10 });
    const call = small.rerank(QUERY, DOCUMENTS, { longDocuments: WINDOW });
    await expect(call).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  });

  it('are refused by name where tokens cannot be counted', async () => {
    const engine = { score: ({ documents }: { documents: readonly string[] }) => ({ logits: documents.map(() => 0) }) };
    await using own = Reranker.fromEngine(engine);
    await expect(own.rerank(QUERY, DOCUMENTS, { longDocuments: WINDOW })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/longDocuments of rerank needs to count tokens.*"engine"/),
    });
    expect((await own.rerank(QUERY, DOCUMENTS, { longDocuments: 'truncate' })).results).toHaveLength(DOCUMENTS.length);
  });

  it('go through an engine that comes with a counter of tokens', async () => {
    const seen: string[] = [];
    const engine = {
      score: ({ documents }: { documents: readonly string[] }) => {
        seen.push(...documents);
        return { logits: documents.map((text) => (text.includes('git') ? 2 : -1)) };
      },
    };
    const countTokens = (text: string) => text.split(/\s+/).length;
    await using own = Reranker.fromEngine(engine, { countTokens });
    const { results } = await own.rerank(QUERY, DOCUMENTS, { longDocuments: WINDOW });
    expect(results.map(({ logit }) => logit)).toEqual([2, 2, 2, -1, -1]);
    expect(Math.max(...seen.map(countTokens))).toBeLessThanOrEqual(WINDOW.window);
    expect(seen.length).toBeGreaterThan(10);
    const [first] = results;
    expect(first?.document.slice(first.passage?.start, first.passage?.end)).toContain('git');

    const wrong = Reranker.fromEngine(engine, { countTokens: () => Number.NaN });
    const call = wrong.rerank(QUERY, DOCUMENTS, { longDocuments: WINDOW });
    await expect(call).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('countTokens'),
    });
    const stand = createTestReranker();
    const ranked = stand.rerank(QUERY, DOCUMENTS, { longDocuments: WINDOW });
    await Promise.resolve();
    const end = stand.dispose();
    expect((await ranked).results[0]?.passage).toBeDefined();
    await end;
  });

  it('with a query that leaves no room are refused as ever', async () => {
    await using small = await Reranker.load(undefined, { maxLength: 100 });
    const call = small.rerank('long '.repeat(200), DOCUMENTS, { longDocuments: WINDOW });
    await expect(call).rejects.toMatchObject({ code: 'PROMPT_TOO_LONG' });
  });
});
