import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Reranker } from 'rerankit';
import { describe, expect, it } from 'vitest';
import { copyTokenizer } from '../support/seeded-checkpoint.ts';
import { expectGolden } from './expect-golden.ts';
import { type GoldenRanking, readGolden, TRAINED_MODEL, withTemporaryFolder } from './golden-files.ts';

interface PublishedRanking extends GoldenRanking {
  readonly logits: readonly number[];
  readonly prompt_tokens: readonly number[];
}

const published =
  await readGolden<Readonly<Record<'v0' | 'random', readonly PublishedRanking[]>>>('shared-scores.json');

/** The checkpoint of the fixture: weights unpacked, tokenizer of the trained model. */
async function unpackFixture(folder: string): Promise<void> {
  const fixture = fileURLToPath(new URL('../golden/random-untied-bf16', import.meta.url));
  await copyFile(join(fixture, 'config.json'), join(folder, 'config.json'));
  await writeFile(join(folder, 'model.safetensors'), gunzipSync(await readFile(join(fixture, 'model.safetensors.gz'))));
  await copyTokenizer(folder);
}

async function expectPublished(reranker: Reranker, rankings: readonly PublishedRanking[]): Promise<void> {
  for (const { query, documents, instruction, logits, prompt_tokens } of rankings) {
    const options = instruction === undefined ? {} : { instruction };
    const { results, usage } = await reranker.rerank(query, documents, options);
    const pairs = documents.map((document, index) => ({
      query,
      document,
      logit: logits[index] ?? Number.NaN,
      promptTokens: prompt_tokens[index] ?? Number.NaN,
      truncated: false,
    }));
    expectGolden(
      results.toSorted((a, b) => a.index - b.index),
      pairs,
    );
    expect(usage.promptTokens).toBe(prompt_tokens.reduce((sum, count) => sum + count, 0));
    for (const [index, document] of documents.entries()) {
      const single = await reranker.rerank(query, [document], options);
      expect(single.usage.promptTokens).toBe(prompt_tokens[index]);
    }
  }
}

describe('the scores published with the checkpoints', () => {
  it('a trained model stored in fp16', { timeout: 60_000 }, async () => {
    const reranker = await Reranker.load(TRAINED_MODEL);
    try {
      await expectPublished(reranker, published.v0);
    } finally {
      await reranker.dispose();
    }
  });

  it('a random bf16 checkpoint with an untied head', { timeout: 60_000 }, async () => {
    await withTemporaryFolder(async (folder) => {
      await unpackFixture(folder);
      const reranker = await Reranker.load(folder);
      try {
        await expectPublished(reranker, published.random);
      } finally {
        await reranker.dispose();
      }
    });
  });
});
