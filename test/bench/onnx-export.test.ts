import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Reranker } from 'rerankit';
import { Embedder } from 'rerankit/embedding';
import { Tokenizer } from 'tokenizers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportOnnx } from '../../bench/peers/onnx/export.ts';
import { openSource, type Source } from '../../bench/peers/source.ts';
import { DEFAULT_INSTRUCTION, documentTurn, SUFFIX, SYSTEM_TURN, userTurn } from '../../src/prompt/template.ts';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';

let folder: string;
let source: Source;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rerankit-causal-lm-'));
  await writeSeededCheckpoint(join(folder, 'source'), {
    seed: 5,
    dtype: 'BF16',
    hidden: 96,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headDim: 32,
    intermediate: 160,
    vocabSize: 32_000,
    tied: true,
    shards: 1,
    head: 'causal-lm',
    configStyle: 'old',
    ropeTheta: 1e6,
    rmsNormEps: 1e-6,
    maxPositions: 4096,
  });
  source = await openSource(join(folder, 'source'));
  await exportOnnx(source, 'causal-lm', join(folder, 'causal-lm'));
  await exportOnnx(source, 'features', join(folder, 'features'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the export that peers run scores as the library does, in a padded batch', async () => {
  const query = 'how to undo a commit';
  const documents = ['git reset moves the branch back.', 'To bake bread, preheat the oven. '.repeat(20)];
  await using reranker = await Reranker.load(source.folder, { device: 'cpu' });
  const { scores } = await reranker.score(documents.map((document) => ({ query, document })));
  const ids = await Promise.all(
    documents.map((document) =>
      encode(SYSTEM_TURN + userTurn(DEFAULT_INSTRUCTION, query) + documentTurn(document) + SUFFIX),
    ),
  );
  const rows = await runPadded('causal-lm', 'logits', ids);
  for (const [row, { logit }] of scores.entries()) {
    const own = rows[row] ?? [];
    expect(Number(own[source.yesId]) - Number(own[source.noId])).toBeCloseTo(logit, 4);
  }
});

test('the export of features embeds as the library does, in a padded batch', async () => {
  const documents = ['git reset moves the branch back.', 'To bake bread, preheat the oven. '.repeat(20)];
  await using embedder = await Embedder.load(source.folder, { device: 'cpu', dtype: 'fp32', pooling: 'last-token' });
  const { embeddings } = await embedder.embedDocuments(documents);
  const ids = await Promise.all(documents.map((document) => encode(`${document}<|endoftext|>`)));
  const rows = await runPadded('features', 'last_hidden_state', ids);
  for (const [row, vector] of embeddings.entries()) {
    const length = Math.hypot(...(rows[row] ?? []));
    for (const [at, value] of vector.entries()) expect(Number(rows[row]?.[at]) / length).toBeCloseTo(value, 5);
  }
});

async function encode(text: string): Promise<number[]> {
  const encoding = await Tokenizer.fromFile(source.tokenizer).encode(text, null, { addSpecialTokens: false });
  return encoding.getIds();
}

/** What an export's output has at the last token of each row. */
async function runPadded(name: string, output: string, rows: readonly number[][]): Promise<number[][]> {
  const length = Math.max(...rows.map((row) => row.length));
  const padded = (valueAt: (row: readonly number[], at: number) => number) => {
    const values = rows.flatMap((row) => Array.from({ length }, (_, at) => BigInt(valueAt(row, at))));
    return new Tensor('int64', BigInt64Array.from(values), [rows.length, length]);
  };
  const feeds: Record<string, Tensor> = {
    input_ids: padded((row, at) => row[at] ?? 0),
    attention_mask: padded((row, at) => (at < row.length ? 1 : 0)),
    position_ids: padded((_, at) => at),
  };
  const { layers, kvHeads, headDim } = source.config;
  for (let layer = 0; layer < layers; layer++) {
    for (const part of ['key', 'value']) {
      const empty = new Tensor('float32', new Float32Array(0), [rows.length, kvHeads, 0, headDim]);
      feeds[`past_key_values.${layer}.${part}`] = empty;
    }
  }
  const session = await InferenceSession.create(join(folder, name, 'onnx', 'model.onnx'));
  const { [output]: states, ...present } = await session.run(feeds);
  await session.release();
  expect(Object.keys(present)).toHaveLength(2 * layers);
  if (!(states?.data instanceof Float32Array)) throw new Error(`The export gave no ${output}`);
  const { data, dims: [, , width = 0] = [] } = states;
  return rows.map((row, at) => {
    const last = at * length + row.length - 1;
    return [...data.subarray(last * width, (last + 1) * width)];
  });
}
