import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { golden, writeExport } from '../onnx-exports/export-folder.ts';

/** Checkpoints, and the files of their exports. The Qwen3 exports share a file of weights. */
const DATA = { 'onnx/model.onnx_data': 'model.onnx_data' };
const EXPORTS: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['BERT with token types', 'bert', { 'onnx/model.onnx': 'model.onnx' }],
  ['BERT with two labels, in the root folder', 'bert-two-labels', { 'model.onnx': 'model.onnx' }],
  ['XLM-RoBERTa', 'xlm-roberta', { 'onnx/model.onnx': 'model.onnx' }],
  ['RoBERTa', 'roberta', { 'onnx/model.onnx': 'model.onnx' }],
  ['DeBERTa', 'deberta', { 'onnx/model.onnx': 'model.onnx' }],
  ['ModernBERT', 'modernbert', { 'onnx/model.onnx': 'model.onnx' }],
  ['Qwen3 with all logits', 'qwen3', { 'onnx/model.onnx': 'full.onnx', ...DATA }],
  ['Qwen3 without position ids', 'qwen3', { 'onnx/model.onnx': 'no-positions.onnx', ...DATA }],
  ['Qwen3 with the last logits', 'qwen3', { 'onnx/model.onnx': 'last.onnx', ...DATA }],
  ['Qwen3 with a cache', 'qwen3', { 'onnx/model.onnx': 'cache.onnx', ...DATA }],
  ['Qwen3 with a cache and the last logits', 'qwen3', { 'onnx/model.onnx': 'last-cache.onnx', ...DATA }],
  ['Qwen3 with num_logits_to_keep', 'qwen3', { 'onnx/model.onnx': 'keep.onnx', ...DATA }],
  ['Qwen3 with fused attention', 'qwen3-grouped', { 'onnx/model.onnx': 'model.onnx' }],
  ['Qwen3 as a classifier', 'qwen3-classifier', { 'onnx/model.onnx': 'model.onnx' }],
];

describe.each(EXPORTS)('%s', (_, checkpoint, exports) => {
  const { cases } = golden(checkpoint);
  const queries = [...new Set(cases.map(({ query }) => query))];
  let folder: string;
  let reranker: Reranker;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-export-'));
    await writeExport(folder, checkpoint, exports);
    reranker = await Reranker.load(folder);
  });

  afterAll(async () => {
    await reranker?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('says what it is', () => {
    const [file] = Object.keys(exports);
    expect(reranker.info).toMatchObject({
      kind: checkpoint.startsWith('qwen3') ? 'qwen3' : 'cross-encoder',
      onnxFile: file,
      dtype: 'fp32',
      device: 'cpu',
    });
  });

  it('scores all pairs in one call as transformers does', async () => {
    const { scores, usage } = await reranker.score(cases.map(({ query, document }) => ({ query, document })));
    for (const [at, { logit }] of cases.entries()) {
      expect(scores[at]?.logit, JSON.stringify(cases[at])).toBeCloseTo(logit, 4);
      expect(scores[at]?.score).toBeCloseTo(1 / (1 + Math.exp(-logit)), 4);
      expect(scores[at]?.truncated).toBe(false);
    }
    expect(usage.promptTokens).toBe(cases.reduce((sum, { ids }) => sum + ids.length, 0));
    expect(usage.computedTokens).toBe(usage.promptTokens);
  });

  it.each(queries)('ranks the documents of %j', async (query) => {
    const own = cases.filter((one) => one.query === query);
    const { results } = await reranker.rerank(
      query,
      own.map(({ document }) => document),
    );
    const logits = results.map(({ logit }) => logit);
    expect(logits).toEqual([...logits].sort((a, b) => b - a));
    for (const { index, logit } of results) expect(logit).toBeCloseTo(own[index]?.logit ?? Number.NaN, 4);
  });

  it('gives a document the same score whatever stands beside it', async () => {
    const [first] = cases;
    if (first === undefined) throw new Error('no cases');
    const { results: alone } = await reranker.rerank(first.query, [first.document]);
    expect(alone[0]?.logit).toBeCloseTo(first.logit, 4);
  });
});
